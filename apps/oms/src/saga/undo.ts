/**
 * The way back, as a table: whatever was asked for has to be given back or known never to have been given.
 * 1. The warehouse is the arbiter: once the order was exported, nothing else is undone before the ERP has said that it will
 *    not ship it. Goods that have left win over every cancellation (S6).
 * 2. What is not known yet is waited for, never assumed: an authorization that turns up late is let go then.
 */
import type { Intent } from './intent';
import type { Pursuit } from './money';
import type { Saga } from './saga';
import { command } from './steps';

interface Undo {
  /** There is, or may be, something to give back. */
  readonly isOwed: (saga: Saga) => boolean;
  /** It can be asked for now, and has not been. */
  readonly isAskable: (saga: Saga, now: number) => boolean;
  readonly ask: (saga: Saga) => Pursuit;
}

/** A parcel that left just before its order was cancelled may be heard of after the cancellation; money waits that long. */
const quietMs = 15_000;

export const stockIsOwed = ({ stock: { status } }: Saga): boolean => status === 'asked' || status === 'held' || status === 'exported';

const arbiterIsDone = (saga: Saga, now: number): boolean => !saga.stock.exportAsked || (!stockIsOwed(saga) && now >= quietUntil(saga));

/** Until when the arbiter's word may be followed by a parcel; 0 when it never had the order. */
export const quietUntil = ({ stock }: Saga): number => (stock.exportAsked && stock.settledAt !== null ? stock.settledAt + quietMs : 0);

export const undos: readonly Undo[] = [
  {
    isOwed: stockIsOwed,
    isAskable: ({ stock }) => !stock.returnAsked,
    ask: (saga) => ({
      saga: { ...saga, stock: { ...saga.stock, returnAsked: true } },
      intents: [command(saga.stock.exportAsked ? 'cancel-export' : 'release-stock', { orderId: saga.orderId, reason: reasonOf(saga) })],
    }),
  },
  {
    isOwed: ({ placement: { state, undo } }) => state === 'asked' || (state === 'placed' && (undo === 'none' || undo === 'asked')),
    isAskable: (saga, now) => saga.placement.state === 'placed' && saga.placement.undo === 'none' && arbiterIsDone(saga, now),
    ask: (saga) => {
      const { orderId, placement } = saga;
      const request = { orderId, reference: placement.reference ?? '', reason: reasonOf(saga) };
      return { saga: { ...saga, placement: { ...placement, undo: 'asked' } }, intents: [{ do: 'effect', effect: { kind: 'cancel-placed', subject: orderId, request } }] };
    },
  },
  {
    isOwed: ({ money: { authorization, release } }) => authorization.kind === 'asked' || ((authorization.kind === 'action' || authorization.kind === 'authorized') && (release === 'none' || release === 'asked')),
    isAskable: (saga, now) => (saga.money.authorization.kind === 'action' || saga.money.authorization.kind === 'authorized') && saga.money.release === 'none' && arbiterIsDone(saga, now),
    ask: release,
  },
];

/** Lets go of whatever is authorized and not captured. */
export function release(saga: Saga): Pursuit {
  const { authorization } = saga.money;
  if (authorization.kind !== 'action' && authorization.kind !== 'authorized') return { saga, intents: [] };
  const request = { orderId: saga.orderId, reference: authorization.reference };
  return { saga: { ...saga, money: { ...saga.money, release: 'asked' } }, intents: [{ do: 'effect', effect: { kind: 'void', subject: saga.orderId, request } }] };
}

/** What was asked for and may not have been sent yet is not sent any more. */
export function abandonAsked({ orderId, money, placement }: Saga): Intent[] {
  const abandon = (effect: 'authorize' | 'place'): Intent => ({ do: 'abandon', effect, subject: orderId });
  return [...(money.authorization.kind === 'asked' ? [abandon('authorize')] : []), ...(placement.state === 'asked' ? [abandon('place')] : [])];
}

export function askBack(saga: Saga, now: number): Pursuit {
  let after = saga;
  const intents: Intent[] = [];
  for (const undo of undos) {
    if (!undo.isOwed(after) || !undo.isAskable(after, now)) continue;
    const asked = undo.ask(after);
    after = asked.saga;
    intents.push(...asked.intents);
  }
  return { saga: after, intents };
}

function reasonOf({ goal }: Saga): string {
  // In our words: the shopper's are nobody else's business.
  if (goal.kind === 'reject') return goal.rejection.code;
  return goal.kind === 'cancel' ? `cancelled by ${goal.by}` : 'no longer wanted';
}
