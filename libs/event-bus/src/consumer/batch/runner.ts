/**
 * Applies a batch and says what becomes of each message.
 * 1. Commit first, acknowledge after (C1): `onSettled` is called only when the message's transaction has committed.
 * 2. Batch first, single file on failure (C2): a failing batch is halved until the poison stands alone.
 * 3. What is the infrastructure's fault is thrown to the caller, which holds the messages and tries again: no attempt is burned.
 * 4. Before a message is given up its letter has committed (C4).
 * 5. A third delivery may be poison that kills the process: its attempt is counted before it is handled, alone (C5b). After its
 *    tries it is not handled again while it waits for the quarter of an hour to pass.
 */
import { StewardError } from '@steward/platform';
import { type NewLetter, storeDeadLetters } from '../../dead-letter/dead-letter.store';
import type { Faulty, Sound } from '../arrival';
import { type AfterCommit, applyBatch, conflictLetter } from './apply';
import { decide } from './decide';
import { classify } from '../failure';
import { type Attempts, countAttempt, forgetAttempts } from '../gate/attempts.store';
import { hold, lockPositions, movePositions } from '../gate/held.store';
import { markApplied, placeOf } from '../gate/sequence-gate';
import { declared, type Delivered, done, isSound, letterOf, type Outcome, type Work } from '../work';

export interface Listener {
  readonly onSettled: (delivered: Delivered, outcome: Outcome) => void;
  readonly onCommit?: (after: AfterCommit) => void;
}

const thirdDelivery = 3;

export async function runBatch(work: Work, batch: readonly Delivered[], listener: Listener): Promise<void> {
  const hopeless = batch.filter((each) => !isSound(each) || !declared(work, each.reading.contract));
  if (hopeless.length > 0) await giveUpFaulty(work, hopeless, listener);
  const sound = batch.filter(isSound).filter((each) => declared(work, each.reading.contract));
  await together(work, sound.filter((each) => each.deliveries < thirdDelivery), listener);
  for (const each of sound) if (each.deliveries >= thirdDelivery) await alone(work, each, listener);
}

async function together(work: Work, group: readonly Delivered<Sound>[], listener: Listener, counted?: Attempts): Promise<void> {
  if (group.length === 0) return;
  let after: AfterCommit;
  try {
    after = await work.database.transaction((tx) => applyBatch(tx, work, group));
  } catch (error) {
    const failure = classify(error);
    if (failure.kind === 'infrastructure') throw error;
    const [first] = group;
    if (first && group.length === 1) {
      listener.onSettled(first, await failed(work, first, error, counted));
      return;
    }
    const middle = group.length >> 1;
    await together(work, group.slice(0, middle), listener);
    await together(work, group.slice(middle), listener);
    return;
  }
  for (const each of group) listener.onSettled(each, done);
  for (const report of after.report) report();
  listener.onCommit?.(after);
}

async function alone(work: Work, delivered: Delivered<Sound>, listener: Listener): Promise<void> {
  const now = work.clock.now();
  const counted = await countAttempt(work.database, work.consumer, delivered.reading.envelope.id, new Date(now));
  if (counted.attempts <= work.budget.tries) return together(work, [delivered], listener, counted);
  const leftMs = counted.firstAtMs + work.budget.atLeastMs - now;
  if (leftMs > 0) return listener.onSettled(delivered, { kind: 'later', afterMs: Math.min(leftMs, 60_000) });
  const error = new StewardError('CONSUMER_POISON', `${counted.attempts} tries without an answer`);
  await giveUp(work, [{ delivered, letter: letterOf(work, delivered, { class: 'exhausted', error, attempts: counted.attempts }) }]);
  listener.onSettled(delivered, done);
}

async function failed(work: Work, delivered: Delivered<Sound>, error: unknown, counted?: Attempts): Promise<Outcome> {
  const { envelope, contract } = delivered.reading;
  const handler = work.handlers.get(contract.entity);
  const decision = await decide(work, classify(error), { id: envelope.id, isEvent: handler !== undefined, counted });
  switch (decision.kind) {
    case 'later':
      work.meter.count(contract.entity, 'retried', 1);
      work.logger.warn({ err: error, consumer: work.consumer, messageId: envelope.id, attempts: decision.attempts, afterMs: decision.afterMs }, 'a message failed and is tried again');
      return { kind: 'later', afterMs: decision.afterMs };
    case 'letter':
      await giveUp(work, [{ delivered, letter: letterOf(work, delivered, decision) }]);
      return done;
    case 'await': {
      const now = work.clock.now();
      const place = placeOf(delivered.reading);
      await work.database.transaction(async (tx) => {
        await lockPositions(tx, handler?.builds ?? '', [place]);
        const held = await hold(tx, handler?.builds ?? '', [{ place, envelope, awaits: decision }], new Date(now), new Date(now + work.heldForMs));
        if (!held.has(envelope.id)) await storeDeadLetters(tx, [conflictLetter(work, delivered)], new Date(now));
        await forgetAttempts(tx, work.consumer, [envelope.id]);
      });
      work.meter.count(contract.entity, 'held', 1);
      return done;
    }
    case 'happened':
      await work.database.transaction(async (tx) => {
        const place = placeOf(delivered.reading);
        await lockPositions(tx, handler?.builds ?? '', [place]);
        await markApplied(tx, handler?.builds ?? '', [envelope.id]);
        await movePositions(tx, handler?.builds ?? '', new Map([[place, envelope.sequence ?? 0]]));
        await forgetAttempts(tx, work.consumer, [envelope.id]);
      });
      work.meter.count(contract.entity, 'applied', 1);
      return done;
  }
}

async function giveUp(work: Work, given: readonly { readonly delivered: Delivered; readonly letter: NewLetter }[]): Promise<void> {
  await work.database.transaction(async (tx) => {
    await storeDeadLetters(tx, given.map(({ letter }) => letter), new Date(work.clock.now()));
    const ids = given.flatMap(({ letter }) => letter.messageId ?? []);
    if (ids.length > 0) await forgetAttempts(tx, work.consumer, ids);
  });
  for (const { delivered, letter } of given) {
    work.meter.count(delivered.reading.contract?.entity ?? 'unknown', 'dead_letter', 1);
    work.logger.error(
      { consumer: work.consumer, entity: letter.contract?.entity, key: letter.key, class: letter.class, messageId: letter.messageId, err: letter.error },
      letter.class === 'security' ? 'a message does not belong to its subject: security case opened' : 'dead letter opened',
    );
  }
}

/** Faults that the reading found need no try: one transaction for all, one each when even that fails. */
async function giveUpFaulty(work: Work, batch: readonly Delivered[], { onSettled }: Listener): Promise<void> {
  const given = batch.map((delivered) => {
    const reading = delivered.reading as Faulty | Sound;
    const why = reading.sound
      ? { class: 'rejected' as const, error: `${work.consumer} declares nothing for ${reading.contract.entity}` }
      : { class: reading.class, error: reading.error };
    return { delivered, letter: letterOf(work, delivered, { ...why, attempts: delivered.deliveries }) };
  });
  let groups = [given];
  try {
    await giveUp(work, given);
  } catch (error) {
    if (given.length === 1 || classify(error).kind === 'infrastructure') throw error;
    groups = given.map((each) => [each]);
  }
  for (const group of groups) {
    if (group !== given) await giveUp(work, group);
    for (const { delivered } of group) onSettled(delivered, done);
  }
}
