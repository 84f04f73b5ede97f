/**
 * The saga place-order: from what an order is and what happened to what it becomes and what is to be done. Pure.
 * 1. `record` writes down what happened, `pursue` asks for whatever the goal now needs and has not asked for. So the order in
 *    which things happen doesn't matter, and doing it twice asks for nothing twice.
 * 2. A goal moves from fulfil to reject or cancel and back only when goods have left (the arbiter, see undo.ts).
 * 3. Every step that isn't terminal has a time at which the sweeper looks at it (S7).
 */
import type { EffectKind, Input } from './input';
import type { Intent } from './intent';
import { collect, isDone, leftAuthorized, type Pursuit } from './money';
import { isShipped, openQuantities } from './quantities';
import { record, type Refusal } from './record';
import { type Goal, isTerminal, type KeptOrder, newSaga, type Quantity, type Saga, type Step } from './saga';
import { command, failureOf, forwardSteps } from './steps';
import { abandonAsked, askBack, quietUntil, release, stockIsOwed, undos } from './undo';
import { statusOf } from './status';

export type Decision =
  | { readonly kind: 'decided'; readonly saga: Saga; readonly intents: readonly Intent[] }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** No such order is known (yet). */
  | { readonly kind: 'unknown' };

/** How long the cancellation of an order waits for the order itself. */
const unplacedWithinMs = 24 * 3_600_000;
/** How often a confirmed order is looked at while it waits for the warehouse. */
const confirmedEveryMs = 24 * 3_600_000;
const firstNudgeMs = 30_000;
const slowestNudgeMs = 3_600_000;

export function decide(saga: Saga | undefined, input: Input, now: number): Decision {
  const recorded = happened(saga, input, now);
  if (recorded === undefined) return { kind: 'unknown' };
  if ('refused' in recorded) return { kind: 'refused', refusal: recorded };
  if (recorded.saga === saga) return { kind: 'decided', saga, intents: [] };
  const pursued = pursue(recorded.saga, now);
  const after = pursued.saga;
  const told = after.cases.slice(saga?.cases.length ?? 0).map((each): Intent => ({ do: 'case', case: each }));
  return { kind: 'decided', saga: after, intents: [...recorded.intents, ...pursued.intents, ...told, ...eventsOf(saga, after, now)] };
}

function happened(saga: Saga | undefined, input: Input, now: number): Pursuit | Refusal | undefined {
  if (input.kind === 'place-order') return { saga: place(saga, input), intents: [] };
  if (input.kind === 'timer') return saga && late(saga, now);
  // A cancellation is written down for the order that it has overtaken; anything else has to wait for it.
  if (input.kind === 'cancel-order' && saga === undefined) {
    return { saga: { ...(record(newSaga(input.cancel.orderId, null), input, now) as Saga), dueAt: now + unplacedWithinMs }, intents: [] };
  }
  if (saga === undefined || (saga.order === null && input.kind !== 'cancel-order')) return undefined;
  const recorded = record(saga, input, now);
  if ('refused' in recorded) return recorded;
  // The ERP's adapter knows the person from the export, and from nothing else.
  const tells = input.kind === 'forget' && recorded.stock.exportAsked;
  return { saga: recorded, intents: tells ? [command('forget-order', { orderId: recorded.orderId, requestedAt: new Date(now).toISOString() })] : [] };
}

function place(known: Saga | undefined, { order: { payment, lines, idempotencyHash: _hash, ...order }, verdict }: Extract<Input, { kind: 'place-order' }>): Saga {
  if (known !== undefined && known.order !== null) return known;
  const kept: KeptOrder = { ...order, lines: lines.map(({ promise: _promise, ...line }) => line) };
  const saga = { ...(known ?? newSaga(order.orderId, null)), order: kept };
  const goal: Goal = saga.goal.kind === 'fulfil' && verdict.kind === 'unsound' ? { kind: 'reject', rejection: { code: verdict.code, message: verdict.message, sku: verdict.sku } } : saga.goal;
  const token = goal.kind === 'fulfil' ? payment.paymentMethodToken : null;
  // Its cancellation has waited so long that it is over already.
  const cancelled = isTerminal(saga.step) ? allOf(kept) : [];
  return { ...saga, goal, cancelled, money: { ...saga.money, method: payment.method, token } };
}

const allOf = ({ lines }: KeptOrder): Quantity[] => lines.map(({ lineId, quantity }) => ({ lineId, quantity }));

/** The time of a step is over. */
function late(saga: Saga, now: number): Pursuit {
  if (saga.dueAt === null || now < saga.dueAt) return { saga, intents: [] };
  const step = forwardSteps.find((each) => each.step === saga.step);
  if (step !== undefined) return { saga: { ...saga, goal: { kind: 'reject', rejection: { code: step.late, message: `${saga.step} took longer than it may`, sku: null } } }, intents: [] };
  if (saga.step === 'unplaced') return { saga: { ...saga, step: 'cancelled', dueAt: null }, intents: [] };
  // Others are reminded: a command is sent once more, an effect is looked at.
  const nudges = saga.nudges + 1;
  const wait = saga.step === 'confirmed' ? confirmedEveryMs : Math.min(slowestNudgeMs, firstNudgeMs * 2 ** nudges);
  return { saga: { ...saga, nudges, dueAt: now + wait, stock: { ...saga.stock, returnAsked: false } }, intents: openEffects(saga) };
}

/** Asks for what the goal needs, and says which step that is. */
function pursue(saga: Saga, now: number): Pursuit {
  if (saga.order === null) return { saga, intents: [] };
  const collected = collect(saga);
  const pursued = isTerminal(saga.step) ? settleLate(collected.saga, now) : saga.goal.kind === 'fulfil' ? forward(collected.saga, now) : back(collected.saga, now);
  return { saga: pursued.saga, intents: [...collected.intents, ...pursued.intents] };
}

function forward(saga: Saga, now: number): Pursuit {
  if (saga.confirmedAt !== null) return confirmed(saga, now);
  const failure = failureOf(saga);
  if (failure !== undefined) return back({ ...saga, goal: { kind: 'reject', rejection: failure } }, now);
  const next = forwardSteps.find(({ isDone: done }) => !done(saga));
  if (next === undefined) return confirmed({ ...saga, confirmedAt: now }, now);
  if (next.step === saga.step) return { saga, intents: [] };
  const dueAt = now + next.withinMs;
  return next.ask(enter(saga, next.step, dueAt), dueAt);
}

function confirmed(saga: Saga, now: number): Pursuit {
  const { status } = saga.stock;
  // Nobody here has asked for it: the ERP's people have cancelled what was left to ship.
  if ((status === 'released' || status === 'expired') && openQuantities(saga).length > 0) return back({ ...saga, goal: { kind: 'cancel', by: 'erp' } }, now);
  const at = saga.step === 'confirmed' ? saga : enter(saga, 'confirmed', now + confirmedEveryMs);
  if (!isDone(at)) return { saga: at, intents: [] };
  const done = enter(at, 'completed', null);
  // With a capture refused the authorization is the only hold on money that is owed: a person decides.
  const free = leftAuthorized(done) > 0 && done.money.release === 'none' && done.money.captures.every(({ state }) => state === 'done');
  return free ? release(done) : { saga: done, intents: [] };
}

function back(saga: Saga, now: number): Pursuit {
  if (goodsWon(saga)) return rejoin(saga, now);
  const begins = saga.step !== 'compensating';
  const pursued = askBack(begins ? enter(saga, 'compensating', now + firstNudgeMs) : saga, now);
  const asked = { saga: pursued.saga, intents: [...(begins ? abandonAsked(saga) : []), ...pursued.intents] };
  if (undos.some(({ isOwed }) => isOwed(asked.saga))) {
    const quiet = quietUntil(asked.saga);
    return quiet > now ? { ...asked, saga: { ...asked.saga, dueAt: Math.min(asked.saga.dueAt ?? quiet, quiet) } } : asked;
  }
  const ended = saga.goal.kind === 'reject' ? 'rejected' : 'cancelled';
  return { ...asked, saga: { ...enter(asked.saga, ended, null), cancelled: saga.order === null ? [] : allOf(saga.order) } };
}

/** All has left, or a part has and the rest was given back, or the ERP won't stop it any more; unless the money was given up before. */
function goodsWon(saga: Saga): boolean {
  const { status, exportAsked, exportRefusal } = saga.stock;
  const allLeft = status === 'shipped' || (isShipped(saga) && openQuantities(saga).length === 0);
  // What it refuses of an order that it has taken is to let go of it.
  const kept = status === 'exported' && exportRefusal !== null;
  return exportAsked && saga.money.release === 'none' && saga.placement.undo === 'none' && (allLeft || kept || (isShipped(saga) && !stockIsOwed(saga)));
}

/** Goods have left: the order is fulfilled as far as they go, and only the rest is cancelled. */
function rejoin(saga: Saga, now: number): Pursuit {
  const rest = stockIsOwed(saga) || saga.stock.status === 'shipped' ? [] : openQuantities(saga);
  return confirmed({ ...saga, goal: { kind: 'fulfil' }, confirmedAt: saga.confirmedAt ?? now, cancelled: [...saga.cancelled, ...rest] }, now);
}

/** What turns up when all is over is given back, and changes nothing else. */
function settleLate(saga: Saga, now: number): Pursuit {
  return saga.step === 'completed' ? { saga, intents: [] } : askBack(saga, now);
}

function enter(saga: Saga, step: Step, dueAt: number | null): Saga {
  // Past the authorization nobody needs the token of the payment method: what isn't kept can't leak.
  const token = step === 'reserving' || step === 'authorizing' ? saga.money.token : null;
  return { ...saga, step, dueAt, nudges: 0, money: { ...saga.money, token } };
}

function openEffects({ orderId, money, placement }: Saga): Intent[] {
  const touch = (effect: EffectKind, subject: string): Intent => ({ do: 'touch', effect, subject });
  return [
    ...(money.authorization.kind === 'asked' || money.authorization.kind === 'action' ? [touch('authorize', orderId)] : []),
    ...(money.release === 'asked' ? [touch('void', orderId)] : []),
    ...(placement.state === 'asked' ? [touch('place', orderId)] : []),
    ...(placement.undo === 'asked' ? [touch('cancel-placed', orderId)] : []),
    ...money.captures.filter(({ state }) => state === 'asked').map(({ shipmentId }) => touch('capture', shipmentId)),
    ...money.refunds.filter(({ state }) => state === 'asked').map(({ refundId }) => touch('refund', refundId)),
  ];
}

/** Told once, when what the shopper sees of the order changes. */
function eventsOf(before: Saga | undefined, after: Saga, now: number): Intent[] {
  const { order, goal } = after;
  if (order === null) return [];
  const { orderId, number, currency, totals } = order;
  const at = new Date(now).toISOString();
  if (after.confirmedAt !== null && before?.confirmedAt == null) {
    const lines = order.lines.map(({ sku, quantity }) => ({ sku, quantity }));
    return [{ do: 'event', event: { kind: 'order-placed', data: { orderId, number, placedAt: order.acceptedAt, currency, grossAmount: totals.grossAmount, lines } } }];
  }
  const status = statusOf(after);
  if (before !== undefined && before.order !== null && statusOf(before) === status) return [];
  if (status === 'REJECTED' && goal.kind === 'reject') return [{ do: 'event', event: { kind: 'order-rejected', data: { orderId, number, code: goal.rejection.code, rejectedAt: at } } }];
  if (status === 'CANCELLED') return [{ do: 'event', event: { kind: 'order-cancelled', data: { orderId, number, requestedBy: goal.kind === 'cancel' && goal.by === 'customer' ? 'customer' : 'operator', cancelledAt: at } } }];
  return [];
}
