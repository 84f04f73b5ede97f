/**
 * Applies what waited, in the order of its key.
 * 1. One key, one event, one transaction: a held event that fails harms neither what released it nor other keys.
 * 2. It runs after the commit of what released it, and again from the sweep, so that a crash in between only delays.
 * 3. A wait has an end (C8): when it is over the event becomes a letter of the contract's owner. Only the first of a key does,
 *    the others wait behind that letter (C5).
 */
import type { PoolClient } from 'pg';
import { closeApplied, headersToRecord, type NewLetter, storeDeadLetters } from '../../dead-letter/dead-letter.store';
import { addressOf, type Envelope, toHeaders } from '../../envelope';
import { decide } from '../batch/decide';
import type { Handler } from '../declarations';
import { classify, type Failure, type FaultClass } from '../failure';
import { forgetAttempts } from '../gate/attempts.store';
import { dropHeld, hold, movePositions, nextHeld } from '../gate/held.store';
import { writeJournal } from '../gate/journal.store';
import { markApplied } from '../gate/sequence-gate';
import { runHandler } from '../batch/own-code';
import { dataOf, identityOf, type Work } from '../work';

/** One event that waits, or is next, in its place. */
interface InPlace {
  readonly handler: Handler;
  readonly place: string;
  readonly envelope: Envelope;
}

/** Applies the held events of a key as long as the next one is there. Throws only what is the infrastructure's fault. */
export async function releaseHeld(work: Work, handler: Handler, place: string): Promise<void> {
  for (;;) {
    const current: { envelope?: Envelope } = {};
    try {
      const went = await work.database.transaction(async (tx) => {
        const next = await nextHeld(tx, handler.builds, place, new Date(work.clock.now()));
        if (!next) return false;
        current.envelope = next.envelope;
        await applyInTurn(tx, work, { handler, place, envelope: next.envelope });
        await closeApplied(tx, work.consumer, [next.envelope.id], { reason: 'the event was applied', now: new Date(work.clock.now()) });
        return true;
      });
      if (!went || !current.envelope) return;
      work.meter.count(handler.contract.entity, 'applied', 1);
      work.meter.propagated(handler.contract.entity, [current.envelope], work.clock.now());
    } catch (error) {
      const failure = classify(error);
      if (failure.kind === 'infrastructure' || !current.envelope) throw error;
      await heldFailed(work, { handler, place, envelope: current.envelope }, failure);
      return;
    }
  }
}

/** Inside the caller's transaction, which holds the position's lock. */
export async function applyInTurn(tx: PoolClient, work: Pick<Work, 'consumer' | 'journal' | 'catalogue'>, { handler, place, envelope }: InPlace): Promise<void> {
  const sequence = envelope.sequence ?? 0;
  await runHandler(tx, handler, [{ key: envelope.key, sequence, data: dataOf(work, handler, envelope), envelope }]);
  await markApplied(tx, handler.builds, [envelope.id]);
  await movePositions(tx, handler.builds, new Map([[place, sequence]]));
  await dropHeld(tx, handler.builds, place, sequence);
  await forgetAttempts(tx, work.consumer, [envelope.id]);
  if (work.journal) await writeJournal(tx, handler.builds, handler.contract.entity, [envelope]);
}

async function heldFailed(work: Work, held: InPlace, failure: Failure): Promise<void> {
  const { handler, place, envelope } = held;
  const decision = await decide(work, failure, { id: envelope.id, isEvent: true });
  const now = work.clock.now();
  const sequence = envelope.sequence ?? 0;
  await work.database.transaction(async (tx) => {
    switch (decision.kind) {
      case 'later':
        await tx.query('update held set retry_at = $4 where handler = $1 and key = $2 and sequence = $3', [handler.builds, place, sequence, new Date(now + decision.afterMs)]);
        return;
      case 'await':
        await hold(tx, handler.builds, [{ place, envelope, awaits: decision }], new Date(now), new Date(now + work.heldForMs));
        return;
      case 'letter':
        await giveUpHeld(tx, work, held, decision);
        return;
      case 'happened':
        await markApplied(tx, handler.builds, [envelope.id]);
        await movePositions(tx, handler.builds, new Map([[place, sequence]]));
        await dropHeld(tx, handler.builds, place, sequence);
    }
  });
}

/** From `held` into a letter in one transaction: at no moment in both or neither (I5). */
export async function giveUpHeld(tx: PoolClient, work: Work, { handler, place, envelope }: InPlace, why: { class: FaultClass; error: Error; attempts: number }): Promise<void> {
  const letter: NewLetter = {
    consumer: work.consumer,
    identity: identityOf(envelope.id, why.class),
    contract: handler.contract,
    system: addressOf(envelope.subject, work.catalogue)?.system,
    key: envelope.key,
    messageId: envelope.id,
    revision: null,
    sequence: envelope.sequence,
    stream: work.stream,
    subject: envelope.subject,
    headers: headersToRecord(toHeaders(envelope)),
    body: Buffer.from(envelope.body, 'utf8'),
    class: why.class,
    error: why.error,
    attempts: why.attempts,
    traceparent: envelope.traceparent,
  };
  await storeDeadLetters(tx, [letter], new Date(work.clock.now()));
  await dropHeld(tx, handler.builds, place, envelope.sequence ?? 0);
  await forgetAttempts(tx, work.consumer, [envelope.id]);
  work.meter.count(handler.contract.entity, 'dead_letter', 1);
}
