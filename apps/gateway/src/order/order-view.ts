/** An order as its shopper sees it. Who they are and where they live is not in it: the view is kept with the answers (S4). */
import { toMoney, type Money } from '@steward/commerce';
import type { Fulfilment, Order, OrderReturn, PlaceOrder } from '@steward/contracts';
import { amountsView, type AmountsView } from '../cart/cart-view';

/** The state of the order service, or what we have to show until it has one. */
export type OrderState = Omit<Order, 'email' | 'shippingAddress'>;

export interface OrderView {
  id: string;
  number: string;
  status: Order['status'];
  rejection: { code: string; message: string; sku: string | null } | null;
  market: string;
  currency: string;
  placedAt: string;
  updatedAt: string;
  lines: OrderLineView[];
  shipping: (AmountsView & { method: string; taxRateBp: number }) | null;
  totals: AmountsView;
  payment: { status: Order['payment']['status']; authorized: Money; captured: Money; refunded: Money; actionUrl: string | null };
  fulfilment: { status: Order['fulfilment']['status'] };
  /** Parcels, in the order they were first told of. */
  shipments: { id: string; status: string; carrier: string | null; trackingNumber: string | null; shippedAt: string | null; lines: PiecesView[] }[];
  returns: { id: string; status: string; refund: Money | null; lines: PiecesView[] }[];
  progress: Order['progress'];
  /** Grows with each change; 0 until the order service has taken the order up. */
  revision: number;
}

export interface PiecesView {
  lineId: string;
  quantity: number;
}

/** What an order is shown from. */
export interface OrderParts {
  readonly state: OrderState;
  /** Of the state; 0 until the order service has taken it up. */
  readonly revision: number;
  readonly shipments: readonly Fulfilment[];
  readonly returns: readonly OrderReturn[];
}

export interface OrderLineView extends AmountsView {
  lineId: string;
  sku: string;
  quantity: number;
  unit: Money;
  discount: Money;
  taxMode: 'INCLUDED' | 'EXCLUDED';
  taxRateBp: number;
  promotions: string[];
  shippedQuantity: number;
  cancelledQuantity: number;
  returnedQuantity: number;
}

export function toOrderView({ state, revision, shipments, returns }: OrderParts): OrderView {
  const { orderId, number, status, rejection, market, currency, placedAt, updatedAt, shipping, totals, payment, fulfilment, progress } = state;
  const money = (amount: number): Money => toMoney(amount, currency);
  return {
    id: orderId,
    number,
    status,
    rejection: rejection === null ? null : { code: rejection.code, message: rejection.message, sku: rejection.sku },
    market,
    currency,
    placedAt,
    updatedAt,
    lines: state.lines.map((line) => ({
      lineId: line.lineId,
      sku: line.sku,
      quantity: line.quantity,
      unit: money(line.unitAmount),
      discount: money(line.discountAmount),
      taxMode: line.taxMode === 'included' ? 'INCLUDED' : 'EXCLUDED',
      taxRateBp: line.taxRateBp,
      promotions: line.promotionIds,
      ...amountsView(line, currency),
      shippedQuantity: line.shippedQuantity,
      cancelledQuantity: line.cancelledQuantity,
      returnedQuantity: line.returnedQuantity,
    })),
    shipping: shipping === null ? null : { method: shipping.method, taxRateBp: shipping.taxRateBp, ...amountsView(shipping, currency) },
    totals: amountsView(totals, currency),
    payment: { status: payment.status, authorized: money(payment.authorizedAmount), captured: money(payment.capturedAmount), refunded: money(payment.refundedAmount), actionUrl: payment.actionUrl },
    fulfilment: { status: fulfilment.status },
    shipments: shipments.map((each) => ({ id: each.fulfilmentId, status: each.status.toUpperCase(), carrier: each.carrier, trackingNumber: each.trackingNumber, shippedAt: each.shippedAt, lines: pieces(each.lines) })),
    returns: returns.map((each) => ({ id: each.returnId, status: each.status.toUpperCase(), refund: each.refundAmount === null ? null : money(each.refundAmount), lines: pieces(each.lines) })),
    progress: { reserved: progress.reserved, authorized: progress.authorized, placed: progress.placed, exported: progress.exported },
    revision,
  };
}

const pieces = (lines: readonly PiecesView[]): PiecesView[] => lines.map(({ lineId, quantity }) => ({ lineId, quantity }));

/** Accepted and no more: nothing is known yet of stock and payment. */
export function toAcceptedState(command: PlaceOrder): OrderState {
  const { orderId, number, acceptedAt, market, currency, customerId, shipping, totals } = command;
  return {
    orderId,
    number,
    status: 'ACCEPTED',
    rejection: null,
    placedAt: acceptedAt,
    updatedAt: acceptedAt,
    market,
    currency,
    customerId,
    lines: command.lines.map(({ promise: _promise, ...line }) => ({ ...line, shippedQuantity: 0, cancelledQuantity: 0, returnedQuantity: 0 })),
    shipping,
    totals,
    payment: { status: 'NONE', authorizedAmount: 0, capturedAmount: 0, refundedAmount: 0, actionUrl: null },
    fulfilment: { status: 'NONE' },
    progress: { reserved: false, authorized: false, placed: false, exported: false },
    omsReference: null,
    erpReference: null,
  };
}
