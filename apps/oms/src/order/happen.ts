/**
 * From what happened to what is written: the saga's row, the states we announce, commands, events and effects, all in the
 * transaction of the message or outcome that brought it (C1). As many orders as a batch has cost as many statements as one.
 */
import { abandonEffect, announceOwn, intendEffects, touchEffect } from '@steward/adapter-kit';
import { cancelExport, type Contract, exportOrder, forgetOrder, fulfilment, order, orderCancelled, orderPlaced, orderRejected, payment, releaseStock, reserveStock, orderReturn } from '@steward/contracts';
import { appendEvents, type EventDraft } from '@steward/event-bus';
import { type Clock, counter, currentTraceparent, type Logger, RejectedError, StewardError, together } from '@steward/platform';
import type { PoolClient } from 'pg';
import { decide } from '../saga/decide';
import type { Input } from '../saga/input';
import type { Effect, Intent } from '../saga/intent';
import { ownStatesOf } from '../saga/own-states';
import type { Saga } from '../saga/saga';
import { lockSagas, saveSagas, type SagaRow } from './saga.store';

export interface Happening {
  readonly orderId: string;
  readonly input: Input;
  /** Of the message that brought it; the order's own where nobody did (a timer). */
  readonly traceparent?: string | null;
  readonly causationId?: string | null;
}

export interface HappenParts {
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Cause {
  readonly correlationId: string;
  readonly causationId: string | null;
  readonly traceparent: string | null;
}

interface Change {
  readonly row: SagaRow;
  readonly saga: Saga;
  readonly cause: Cause;
  readonly intents: readonly Intent[];
}

const cases = counter('steward_order_cases_total', 'Orders that a person has to look at, by what happened', ['case']);
const steps = counter('steward_order_steps_total', 'Orders that entered a step', ['step']);

const contractsOf = {
  'reserve-stock': reserveStock,
  'release-stock': releaseStock,
  'export-order': exportOrder,
  'cancel-export': cancelExport,
  'forget-order': forgetOrder,
  'order-placed': orderPlaced,
  'order-rejected': orderRejected,
  'order-cancelled': orderCancelled,
} as const;

/** Kind and key of an effect's row: one for ever. */
export const effectKey = (orderId: string, { kind, subject }: Pick<Effect, 'kind' | 'subject'>): string => (kind === 'capture' || kind === 'refund' ? `${orderId}:${subject}` : orderId);

/** In the order given, also where an order comes twice. Throws what the message of an input has to end with. */
export async function happen(tx: PoolClient, happenings: readonly Happening[], { clock, logger }: HappenParts): Promise<void> {
  if (happenings.length === 0) return;
  const now = clock.now();
  const at = new Date(now);
  const orderIds = [...new Set(happenings.map(({ orderId }) => orderId))];
  const beginning = happenings.filter(({ input }) => input.kind === 'place-order' || input.kind === 'cancel-order').map(({ orderId }) => orderId);
  const rows = await lockSagas(tx, orderIds, [...new Set(beginning)], at);

  const sagas = new Map([...rows].map(([orderId, { saga }]) => [orderId, saga]));
  const changes: Change[] = [];
  const left = [...happenings];
  for (let next = left.shift(); next !== undefined; next = left.shift()) {
    const { orderId, input, traceparent, causationId } = next;
    const row = rows.get(orderId);
    const known = sagas.get(orderId);
    const decision = decide(known, input, now);
    if (decision.kind === 'refused') throw new RejectedError(decision.refusal.code, decision.refusal.message, { place: orderId });
    if (decision.kind === 'unknown') {
      // Its order may still be on its way. What others say of orders that are not ours is not for us.
      if (input.kind === 'refund-payment' || input.kind === 'request-return') throw new StewardError('OMS_ORDER_UNKNOWN', `${input.kind} for ${orderId}`);
      continue;
    }
    if (row === undefined || decision.saga === known) continue;
    sagas.set(orderId, decision.saga);
    changes.push({ row, saga: decision.saga, intents: decision.intents, cause: { correlationId: orderId, causationId: causationId ?? null, traceparent: traceparent ?? row.traceparent ?? currentTraceparent() } });
    left.unshift(...(await neverSent(tx, orderId, decision.intents)));
  }

  // Of an order that changed twice the last one is written, and what both wanted: nobody outside has seen what was between.
  const last = [...new Map(changes.map((change) => [change.row.orderId, change])).values()];
  // In one go, and in this order: locks of effects come last.
  await together([
    saveSagas(tx, last.map(({ row, saga, cause }) => ({ row, saga, traceparent: cause.traceparent })), at),
    announce(tx, last, at),
    appendEvents(tx, changes.flatMap(toDrafts)),
    intendEffects(tx, changes.flatMap(({ saga, cause, intents }) => intents.flatMap((intent) => (intent.do === 'effect' ? [{ kind: intent.effect.kind, key: effectKey(saga.orderId, intent.effect), request: intent.effect.request, ...cause }] : [])))),
  ]);
  for (const { saga, row, intents } of changes) {
    if (saga.step !== row.saga?.step) steps.inc({ step: saga.step });
    for (const intent of intents) {
      if (intent.do !== 'case') continue;
      cases.inc({ case: intent.case.code });
      logger.error({ orderId: saga.orderId, case: intent.case.code }, intent.case.message);
    }
  }
}

/** Looks after effects that are under way; those that were given up before they were sent have come to their end by it. */
async function neverSent(tx: PoolClient, orderId: string, intents: readonly Intent[]): Promise<Happening[]> {
  const ended: Happening[] = [];
  for (const intent of intents) {
    if (intent.do !== 'touch' && intent.do !== 'abandon') continue;
    const { effect, subject } = intent;
    const key = effectKey(orderId, { kind: effect, subject });
    if (intent.do === 'touch') await touchEffect(tx, effect, key);
    else if ((await abandonEffect(tx, effect, key)) === 'never') {
      ended.push({ orderId, input: { kind: 'outcome', effect, subject, outcome: { kind: 'refused', code: 'EFFECT_ABANDONED', reason: 'given up before it was sent' } } });
    }
  }
  return ended;
}

/** Only what says something else than before: the time of a change is none. */
async function announce(tx: PoolClient, changes: readonly Change[], at: Date): Promise<void> {
  const updatedAt = at.toISOString();
  const told = changes.flatMap(({ row, saga, cause }) => {
    const states = ownStatesOf(saga, updatedAt);
    return states === undefined ? [] : [{ before: ownStatesOf(row.saga, updatedAt), states, meta: { ...cause, at } }];
  });
  const differs = (before: unknown, after: unknown): boolean => JSON.stringify(before) !== JSON.stringify(after);
  await together([
    announceOwn(tx, 'oms', order, told.filter(({ before, states }) => differs(before?.order, states.order)).map(({ states, meta }) => ({ key: states.order.orderId, data: states.order, ...meta }))),
    announceOwn(tx, 'oms', payment, told.filter(({ before, states }) => differs(before?.payment, states.payment)).map(({ states, meta }) => ({ key: states.payment.orderId, data: states.payment, ...meta }))),
    announceOwn(tx, 'oms', fulfilment, told.flatMap(({ states, meta }) => states.fulfilments.map((data) => ({ key: data.fulfilmentId, data, ...meta })))),
    announceOwn(tx, 'oms', orderReturn, told.flatMap(({ states, meta }) => states.returns.map((data) => ({ key: data.returnId, data, ...meta })))),
  ]);
}

function toDrafts({ saga, cause, intents }: Change): EventDraft[] {
  return intents.flatMap((intent): EventDraft[] => {
    const said = intent.do === 'command' ? intent.command : intent.do === 'event' ? intent.event : undefined;
    return said === undefined ? [] : [{ contract: contractsOf[said.kind] as Contract, system: 'oms', key: saga.orderId, data: said.data, ...cause }];
  });
}
