/**
 * The way of an order, as a table: each step asks once, and is over when its question is answered. Every step has a time: what
 * is not answered then is given up and undone (S7).
 */
import type { Intent } from './intent';
import { grossOf, needsAuthorization, type Pursuit } from './money';
import { linesOf } from './quantities';
import type { Rejection, RejectionCode, Saga, Step } from './saga';

const minute = 60_000;

interface ForwardStep {
  readonly step: Step;
  readonly withinMs: number;
  /** Why the order is given up when the time is over. */
  readonly late: RejectionCode;
  readonly isDone: (saga: Saga) => boolean;
  /** Once, on entering the step; `dueAt` is when the step's time is over. */
  readonly ask: (saga: Saga, dueAt: number) => Pursuit;
}

// Longer than an outage that a shopper should not notice, shorter than a hold on stock that nobody will buy.
export const forwardSteps: readonly ForwardStep[] = [
  {
    step: 'reserving',
    withinMs: 10 * minute,
    late: 'TIMED_OUT',
    isDone: ({ stock: { status } }) => status === 'held' || status === 'exported' || status === 'shipped',
    ask: (saga, dueAt) => ({
      saga: { ...saga, stock: { ...saga.stock, status: 'asked' } },
      intents: [
        command('reserve-stock', {
          orderId: saga.orderId,
          lines: linesOf(saga).map(({ lineId, sku, quantity }) => ({ lineId, sku, quantity })),
          expiresAt: new Date(dueAt + holdMs).toISOString(),
          ...(saga.order?.cartReservationId == null ? {} : { cartReservationId: saga.order.cartReservationId }),
        }),
      ],
    }),
  },
  {
    step: 'authorizing',
    withinMs: 10 * minute,
    late: 'TIMED_OUT',
    isDone: (saga) => !needsAuthorization(saga) || saga.money.authorization.kind === 'action' || saga.money.authorization.kind === 'authorized',
    ask: (saga) => {
      const { order, money } = saga;
      if (order === null) return { saga, intents: [] };
      const request = { orderId: saga.orderId, number: order.number, amount: grossOf(saga), currency: order.currency, customerId: order.customerId, paymentMethodToken: money.token };
      return {
        saga: { ...saga, money: { ...money, token: null, authorization: { kind: 'asked' } } },
        intents: [{ do: 'effect', effect: { kind: 'authorize', subject: saga.orderId, request } }],
      };
    },
  },
  {
    step: 'awaiting-action',
    withinMs: 15 * minute,
    late: 'PAYMENT_EXPIRED',
    isDone: (saga) => !needsAuthorization(saga) || saga.money.authorization.kind === 'authorized',
    ask: (saga) => ({ saga, intents: [] }),
  },
  {
    step: 'placing',
    withinMs: 10 * minute,
    late: 'TIMED_OUT',
    isDone: ({ placement }) => placement.state === 'placed',
    ask: (saga) =>
      saga.order === null
        ? { saga, intents: [] }
        : {
            saga: { ...saga, placement: { ...saga.placement, state: 'asked' } },
            intents: [{ do: 'effect', effect: { kind: 'place', subject: saga.orderId, request: { orderId: saga.orderId, order: saga.order } } }],
          },
  },
  {
    step: 'exporting',
    withinMs: 15 * minute,
    late: 'TIMED_OUT',
    isDone: ({ stock: { status } }) => status === 'exported' || status === 'shipped',
    ask: (saga) => ({ saga: { ...saga, stock: { ...saga.stock, exportAsked: true } }, intents: saga.order === null ? [] : [command('export-order', toExport(saga.order))] }),
  },
];

/** All that may follow on the reservation, and some minutes for clocks that differ. */
const holdMs = 10 * minute + forwardSteps.filter(({ step }) => step !== 'reserving').reduce((sum, { withinMs }) => sum + withinMs, 0);

/** Why the order can't be fulfilled any more, as far as is known. */
export function failureOf(saga: Saga): Rejection | undefined {
  const { stock, money, placement } = saga;
  const because = (code: RejectionCode, message: string, sku: string | null = null): Rejection => ({ code, message: message.slice(0, 500), sku });
  if (stock.status === 'refused') {
    const { refusal } = stock;
    const why = refusal === null ? 'the stock was refused' : refusal.code === 'UNKNOWN_SKU' ? `${refusal.sku} is not sold` : `only ${refusal.available} of ${refusal.sku} are left`;
    return because('OUT_OF_STOCK', why, refusal?.sku ?? null);
  }
  if (stock.exportRefusal !== null) return because('REFUSED_BY_ERP', `the ERP did not take the order: ${stock.exportRefusal.code}`);
  if (stock.status === 'expired' || stock.status === 'released') return because('TIMED_OUT', 'the reservation ended before the order was confirmed');
  const { authorization } = money;
  if (authorization.kind === 'failed') return because('PAYMENT_DECLINED', `the payment was declined: ${authorization.code}`);
  // A provider that authorizes in part would leave the rest unpaid: that is no yes.
  if (authorization.kind === 'authorized' && authorization.amount !== grossOf(saga)) return because('PAYMENT_DECLINED', `authorized were ${authorization.amount} instead of ${grossOf(saga)}`);
  if (placement.state === 'refused') return because('REFUSED_BY_OMS', `the order system did not take the order: ${placement.refusal ?? 'no reason given'}`);
  return undefined;
}

export function command<Kind extends Extract<Intent, { do: 'command' }>['command']['kind']>(kind: Kind, data: Extract<Extract<Intent, { do: 'command' }>['command'], { kind: Kind }>['data']): Intent {
  return { do: 'command', command: { kind, data } as Extract<Intent, { do: 'command' }>['command'] };
}

function toExport({ orderId, number, acceptedAt, currency, customerId, shippingAddress, email, lines, totals }: NonNullable<Saga['order']>) {
  return {
    orderId,
    number,
    orderedAt: acceptedAt,
    currency,
    customerId,
    shippingAddress,
    email,
    lines: lines.map(({ lineId, sku, quantity, unitAmount, taxRateBp, taxMode, netAmount, grossAmount }) => ({ lineId, sku, quantity, unitAmount, taxRateBp, taxMode, netAmount, grossAmount })),
    totals,
  };
}
