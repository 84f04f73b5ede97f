/**
 * Acts on dead letters. They go through the same gates as live messages (C6).
 * 1. Gate or position first, then the letter's row: the order of live messages, so the two can't deadlock. The letter is closed
 *    only while it is open; an act that comes second finds it closed and rolls back what it did.
 * 2. Effect, closed letter and the record of who did it and why commit together (I6).
 * 3. One letter, one transaction: a letter that fails again stays open, counts the try, and harms no other.
 * 4. apply = it moves the state, or is the next event of its key · superseded = something newer is stored, or this very message
 *    was applied · conflict = the same revision or sequence with other content, or an event whose predecessor is still missing.
 * 5. A letter of class `gap` says that the predecessor never came: redriving it skips the gap, explicitly and on record (C5b).
 */
import type { Database } from '@steward/platform';
import type { PoolClient } from 'pg';
import { readMessage, type Sound } from '../consumer/arrival';
import { applyGate } from '../consumer/gate/apply-gate';
import { dropHeld, lockPositions, movePositions } from '../consumer/gate/held.store';
import { writeJournal } from '../consumer/gate/journal.store';
import { placeOf } from '../consumer/gate/sequence-gate';
import { applyInTurn, releaseHeld } from '../consumer/held-release';
import { runOwnCode } from '../consumer/own-code';
import type { Work } from '../consumer/work';
import { type Forecast, forecast, type StoredLetter } from './forecast';

export interface Act {
  readonly actor: string;
  readonly reason: string;
}

export interface Verdict {
  readonly id: string;
  readonly verdict: Forecast['verdict'] | 'failed' | 'closed';
  readonly detail: string;
}

/** What `redrive` would do with each letter, without doing it. */
export async function classifyRedrive(database: Database, works: readonly Work[], ids: readonly string[]): Promise<Verdict[]> {
  return database.transaction(async (tx) => {
    const verdicts: Verdict[] = [];
    for (const letter of await lettersOf(tx, ids)) {
      if (letter.state !== 'open') verdicts.push({ id: letter.id, verdict: 'closed', detail: `the letter is ${letter.state}` });
      else verdicts.push({ id: letter.id, ...(await forecast(tx, workOf(works, letter), letter, read(letter))) });
    }
    return verdicts;
  });
}

/** Applies letters again, in the order of their keys' sequences; returns what became of each. */
export function redrive(database: Database, works: readonly Work[], ids: readonly string[], act: Act): Promise<Verdict[]> {
  return each(database, works, ids, act, 'redrive', redriveOne);
}

/** Gives letters up for good. A discarded event counts as skipped, so that what waits behind it flows (C5b). */
export function discard(database: Database, works: readonly Work[], ids: readonly string[], act: Act): Promise<Verdict[]> {
  return each(database, works, ids, act, 'discard', discardOne);
}

interface Done {
  readonly outcome: Omit<Verdict, 'id'>;
  /** undefined leaves the letter open. */
  readonly state?: 'redriven' | 'superseded' | 'discarded';
  readonly release?: () => Promise<void>;
}
type One = (tx: PoolClient, work: Work | undefined, letter: StoredLetter) => Promise<Done>;

async function each(database: Database, works: readonly Work[], ids: readonly string[], act: Act, name: string, one: One): Promise<Verdict[]> {
  if (act.actor === '' || act.reason.trim() === '') throw new TypeError('an act on a dead letter needs an actor and a reason (I6)');
  const verdicts: Verdict[] = [];
  for (const letter of await database.transaction((tx) => lettersOf(tx, ids))) {
    const work = workOf(works, letter);
    const now = new Date(work?.clock.now() ?? Date.now());
    try {
      const { outcome, release } = await database.transaction(async (tx) => {
        if (letter.state !== 'open') throw new Closed();
        const result = await one(tx, work, letter);
        if (result.state && !(await close(tx, letter.id, result.state, act, now))) throw new Closed();
        await record(tx, letter.id, name, act, result.outcome.verdict, result.outcome.detail);
        return result;
      });
      verdicts.push({ id: letter.id, ...outcome });
      await release?.();
    } catch (error) {
      if (error instanceof Closed) {
        verdicts.push({ id: letter.id, verdict: 'closed', detail: 'the letter is closed already' });
        continue;
      }
      const detail = error instanceof Error ? error.message : String(error);
      await database.transaction(async (tx) => {
        await tx.query('update dead_letter set attempts = attempts + 1, last_seen_at = $2 where id = $1', [letter.id, now]);
        await record(tx, letter.id, name, act, 'failed', detail);
      });
      verdicts.push({ id: letter.id, verdict: 'failed', detail });
    }
  }
  return verdicts;
}

async function redriveOne(tx: PoolClient, work: Work | undefined, letter: StoredLetter): Promise<Done> {
  const reading = read(letter);
  const outcome = await forecast(tx, work, letter, reading);
  if (outcome.verdict === 'superseded') return { outcome, state: 'superseded' };
  if (outcome.verdict === 'conflict' || !work || !reading.sound) return { outcome };
  return reading.contract.kind === 'state' ? redriveState(tx, work, reading, outcome) : redriveEvent(tx, work, reading, outcome);
}

async function redriveState(tx: PoolClient, work: Work, reading: Sound, outcome: Forecast): Promise<Done> {
  const projection = work.projections.get(reading.contract.entity);
  const envelope = { ...reading.envelope, origin: 'redrive' as const };
  const { moved } = await applyGate(tx, reading.contract, [{ envelope, data: reading.data, hash: reading.hash }]);
  // A live message was quicker: the gate has the last word, not the forecast.
  if (moved.length === 0) return { outcome: { verdict: 'superseded', detail: 'a newer state came in the meantime' }, state: 'superseded' };
  await runOwnCode(tx, async () => projection?.apply(tx, moved));
  if (work.journal) await writeJournal(tx, projection?.builds ?? '', reading.contract.entity, [envelope]);
  return { outcome, state: 'redriven' };
}

async function redriveEvent(tx: PoolClient, work: Work, reading: Sound, outcome: Forecast): Promise<Done> {
  const handler = work.handlers.get(reading.contract.entity);
  if (!handler) return { outcome: { verdict: 'conflict', detail: `${work.consumer} has no handler for ${reading.contract.entity}` } };
  const place = placeOf(reading);
  const envelope = { ...reading.envelope, origin: 'redrive' as const };
  await movePositions(tx, handler.builds, new Map([[place, (envelope.sequence ?? 0) - 1]]));
  await applyInTurn(tx, work, handler, place, envelope);
  return { outcome, state: 'redriven', release: () => releaseHeld(work, handler, place) };
}

async function discardOne(tx: PoolClient, work: Work | undefined, letter: StoredLetter): Promise<Done> {
  const discarded: Done = { outcome: { verdict: 'apply', detail: 'discarded' }, state: 'discarded' };
  const handler = letter.entity === null ? undefined : work?.handlers.get(letter.entity);
  if (!work || !handler || letter.sequence === null || letter.class === 'security' || letter.class === 'conflict' || letter.key === null) return discarded;
  const sequence = Number(letter.sequence);
  const place = `${letter.system ?? ''}.${letter.entity}/${letter.key}`;
  const position = (await lockPositions(tx, handler.builds, [place])).get(place) ?? 0;
  if (sequence > position + 1 && letter.class !== 'gap') {
    return { outcome: { verdict: 'conflict', detail: `event ${position + 1} of this key comes first` } };
  }
  await movePositions(tx, handler.builds, new Map([[place, sequence]]));
  await dropHeld(tx, handler.builds, place, sequence);
  return { ...discarded, release: () => releaseHeld(work, handler, place) };
}

class Closed extends Error {}

async function lettersOf(tx: PoolClient, ids: readonly string[]): Promise<StoredLetter[]> {
  const { rows } = await tx.query<StoredLetter>(
    `select id, kind, consumer, stream, entity, key, system, sequence, class, state, subject, headers, body from dead_letter
      where id = any($1::uuid[]) order by entity, key, coalesce(sequence, revision), opened_at`, [ids]);
  return rows;
}

const workOf = (works: readonly Work[], letter: StoredLetter): Work | undefined =>
  works.find((work) => work.consumer === letter.consumer && (letter.stream === null || work.stream === letter.stream));

function read(letter: StoredLetter): ReturnType<typeof readMessage> {
  return readMessage({ subject: letter.subject, headers: Object.entries(letter.headers), data: letter.body });
}

async function close(tx: PoolClient, id: string, state: string, { actor, reason }: Act, now: Date): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update dead_letter set state = $2, closed_at = $3, closed_by = $4, closed_reason = $5 where id = $1 and state = 'open'`, [id, state, now, actor, reason]);
  return rowCount === 1;
}

async function record(tx: PoolClient, id: string, name: string, { actor, reason }: Act, verdict: string, detail: string): Promise<void> {
  await tx.query('insert into dead_letter_act (letter_id, act, actor, reason, verdict, detail) values ($1, $2, $3, $4, $5, $6)', [id, name, actor, reason, verdict, detail.replaceAll('\u0000', '\uFFFD')]);
}
