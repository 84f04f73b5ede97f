/** What the contracts say of an order, made from its saga. Fields in a fixed order: the text is compared. */
import type { Fulfilment, Order, OrderReturn, Payment } from '@steward/contracts';
import { authorizedOf, capturedOf, refundedOf } from './money';
import { countOf, shippedQuantities } from './quantities';
import type { Saga } from './saga';
import { fulfilmentStatusOf, paymentStatusOf, statusOf } from './status';

interface OwnStates {
  readonly order: Order;
  readonly payment: Payment;
  readonly fulfilments: readonly Fulfilment[];
  readonly returns: readonly OrderReturn[];
}

/** Undefined as long as the order itself has not come. */
export function ownStatesOf(saga: Saga | undefined, updatedAt: string): OwnStates | undefined {
  if (saga === undefined || saga.order === null) return undefined;
  const { orderId, money } = saga;
  const amounts = { authorizedAmount: authorizedOf(saga), capturedAmount: capturedOf(saga), refundedAmount: refundedOf(saga) };
  const reference = 'reference' in money.authorization ? money.authorization.reference : null;
  return {
    order: toOrder(saga, saga.order, amounts, updatedAt),
    payment: { orderId, pspReference: reference, status: paymentStatusOf(saga), currency: saga.order.currency, ...amounts, updatedAt },
    // A parcel with nothing of this order in it is a case, and no fulfilment.
    fulfilments: saga.shipments.filter(({ lines }) => lines.length > 0).map(({ shipmentId, lines, status, carrier, trackingNumber, shippedAt }) => ({ fulfilmentId: shipmentId, orderId, lines: [...lines], status, carrier, trackingNumber, shippedAt })),
    returns: saga.returns.map(({ returnId, status, lines, refundAmount }) => ({ returnId, orderId, status, lines: [...lines], refundAmount })),
  };
}

function toOrder(saga: Saga, order: NonNullable<Saga['order']>, amounts: Pick<Payment, 'authorizedAmount' | 'capturedAmount' | 'refundedAmount'>, updatedAt: string): Order {
  const { goal, stock, money, placement } = saga;
  const shipped = shippedQuantities(saga);
  // What was only asked for has not come back.
  const returned = saga.returns.filter(({ status }) => status === 'refunded').flatMap(({ lines }) => lines);
  const payment = paymentStatusOf(saga);
  const { authorization } = money;
  return {
    orderId: order.orderId,
    number: order.number,
    status: statusOf(saga),
    rejection: goal.kind === 'reject' ? goal.rejection : null,
    placedAt: order.acceptedAt,
    market: order.market,
    currency: order.currency,
    customerId: order.customerId,
    email: order.email,
    shippingAddress: order.shippingAddress,
    lines: order.lines.map((line) => ({
      ...line,
      shippedQuantity: countOf(shipped, line.lineId),
      cancelledQuantity: countOf(saga.cancelled, line.lineId),
      returnedQuantity: countOf(returned, line.lineId),
    })),
    shipping: order.shipping,
    totals: order.totals,
    payment: { status: payment, ...amounts, actionUrl: payment === 'REQUIRES_ACTION' && authorization.kind === 'action' ? authorization.actionUrl : null },
    fulfilment: { status: fulfilmentStatusOf(saga) },
    progress: {
      reserved: stock.status === 'held' || stock.status === 'exported' || stock.status === 'shipped',
      authorized: authorization.kind === 'authorized',
      placed: placement.state === 'placed',
      exported: stock.status === 'exported' || stock.status === 'shipped',
    },
    omsReference: placement.reference,
    erpReference: stock.erpReference,
    updatedAt,
  };
}
