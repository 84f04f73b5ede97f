/**
 * What may be taken and what is given back. P: refunded ≤ captured ≤ authorized, counting what was asked for as done.
 */
import type { Intent } from './intent';
import { amountOf, linesOf, openQuantities, sumOf } from './quantities';
import { type Capture, type Refund, type Saga } from './saga';
import { withCase } from './record';

/** The saga after it asked for something, and what it asked for. */
export interface Pursuit {
  readonly saga: Saga;
  readonly intents: readonly Intent[];
}

const counts = ({ state }: Pick<Capture | Refund, 'state'>): boolean => state !== 'refused';

export const grossOf = (saga: Saga): number => saga.order?.totals.grossAmount ?? 0;

/** Providers refuse to authorize nothing, and an invoice is paid elsewhere. */
export const needsAuthorization = (saga: Saga): boolean => saga.money.method === 'card' && grossOf(saga) > 0;

export const capturedOf = (saga: Saga): number => sumOf(saga.money.captures.filter(({ state }) => state === 'done').map(({ amount }) => amount));
export const refundedOf = (saga: Saga): number => sumOf(saga.money.refunds.filter(({ state }) => state === 'done').map(({ amount }) => amount));
export const authorizedOf = ({ money: { authorization } }: Saga): number => (authorization.kind === 'authorized' ? authorization.amount : 0);

/** Authorized, and neither captured nor let go by a last capture. */
export function leftAuthorized(saga: Saga): number {
  const { captures } = saga.money;
  if (captures.some((capture) => capture.final && counts(capture))) return 0;
  return authorizedOf(saga) - sumOf(captures.filter(counts).map(({ amount }) => amount));
}

/** Captures what has been shipped, gives back what was captured for a parcel that was undone, and refunds what has been captured. */
export function collect(saga: Saga): Pursuit {
  const captured = captureShipped(saga);
  const refunded = refundCaptured(returnUndone(captured.saga));
  return { saga: refunded.saga, intents: [...captured.intents, ...refunded.intents] };
}

function captureShipped(saga: Saga): Pursuit {
  const { order, money } = saga;
  const { authorization } = money;
  if (order === null || authorization.kind !== 'authorized' || money.release !== 'none') return { saga, intents: [] };
  const uncaptured = saga.shipments.filter(({ status, lines, shipmentId }) => status !== 'cancelled' && lines.length > 0 && !money.captures.some((each) => each.shipmentId === shipmentId));
  let after = saga;
  const intents: Intent[] = [];
  for (const { shipmentId, lines } of uncaptured) {
    const undone = new Set(saga.shipments.filter(({ status }) => status === 'cancelled').map((each) => each.shipmentId));
    const standing = after.money.captures.filter((each) => !undone.has(each.shipmentId));
    // Freight is paid with the first parcel.
    const freight = standing.length === 0 ? (order.shipping?.grossAmount ?? 0) : 0;
    const worth = amountOf(saga, lines, standing.flatMap((each) => each.lines)) + freight;
    const amount = Math.min(worth, leftAuthorized(after));
    if (amount < worth) after = withCase(after, { code: 'capture-short', message: `parcel ${shipmentId} is worth ${worth}, and ${amount} of it can be captured` });
    // A parcel of gifts costs nothing, and a provider would refuse to capture that.
    const free = amount <= 0;
    const final = !free && openQuantities(saga).length === 0 && uncaptured.at(-1)?.shipmentId === shipmentId;
    // Written down all the same: the pieces of a line that follow are counted from here.
    const capture: Capture = { shipmentId, amount, lines, final, state: free ? 'done' : 'asked' };
    after = { ...after, money: { ...after.money, captures: [...after.money.captures, capture] } };
    if (free) continue;
    const request = { orderId: saga.orderId, reference: authorization.reference, shipmentId, amount, currency: order.currency, final };
    intents.push({ do: 'effect', effect: { kind: 'capture', subject: shipmentId, request } });
  }
  return { saga: after, intents };
}

function returnUndone(saga: Saga): Saga {
  const undone = saga.shipments.filter(({ status }) => status === 'cancelled').map(({ shipmentId }) => shipmentId);
  const owed = saga.money.captures.filter(({ shipmentId, state, amount }) => state === 'done' && amount > 0 && undone.includes(shipmentId) && !saga.money.refunds.some(({ refundId }) => refundId === undoneRefundId(shipmentId)));
  if (owed.length === 0) return saga;
  const refunds = owed.map(({ shipmentId, amount }): Refund => ({ refundId: undoneRefundId(shipmentId), amount, reason: `parcel ${shipmentId} was undone`, state: 'waiting' }));
  return { ...saga, money: { ...saga.money, refunds: [...saga.money.refunds, ...refunds] } };
}

const undoneRefundId = (shipmentId: string): string => `parcel:${shipmentId}`;

function refundCaptured(saga: Saga): Pursuit {
  const { authorization } = saga.money;
  const intents: Intent[] = [];
  let after = saga;
  for (const refund of saga.money.refunds.filter(({ state }) => state === 'waiting')) {
    // What is asked for counts as done: of two refunds under way the second must not count on the first to fail.
    const free = capturedOf(after) - sumOf(after.money.refunds.filter(({ state }) => state === 'asked' || state === 'done').map(({ amount }) => amount));
    const set = (state: Refund['state']): Saga => ({ ...after, money: { ...after.money, refunds: after.money.refunds.map((each) => (each.refundId === refund.refundId ? { ...each, state } : each)) } });
    if (refund.amount <= free && authorization.kind === 'authorized' && saga.order !== null) {
      const { refundId, amount, reason } = refund;
      after = set('asked');
      intents.push({ do: 'effect', effect: { kind: 'refund', subject: refundId, request: { orderId: saga.orderId, reference: authorization.reference, refundId, amount, currency: saga.order.currency, reason } } });
    } else if (!after.money.captures.some(({ state }) => state === 'asked')) {
      // What it waited for was refused: it is never captured, so it can't be given back.
      after = withCase(set('refused'), { code: 'refund-refused', message: `refund ${refund.refundId} of ${refund.amount}: only ${free} are captured and not refunded` });
      after = { ...after, returns: after.returns.map((each) => (each.returnId === refund.refundId ? { ...each, status: 'refused' } : each)) };
    }
  }
  return { saga: after, intents };
}

/** Whether every piece has come to its end, and the money with it. */
export function isDone(saga: Saga): boolean {
  const { captures } = saga.money;
  return linesOf(saga).length > 0 && openQuantities(saga).length === 0 && captures.every(({ state }) => state !== 'asked');
}
