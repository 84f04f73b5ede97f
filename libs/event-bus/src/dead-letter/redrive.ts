/**
 * Acts on dead letters. They go through the same gates as live messages (C6).
 * 1. Gate or position first, then the letter's row: the order of live messages, so the two can't deadlock. The letter is closed
 *    only while it is open; an act that comes second finds it closed and rolls back what it did.
 * 2. Effect, closed letter and the record of who did it and why commit together (I6).
 * 3. One letter, one transaction: a letter that fails again stays open, counts the try, and harms no other.
 * 4. apply = it moves the state, or is the next event of its key · superseded = something newer is stored, or this very message
 *    was applied · conflict = the same revision or sequence with other content, or an event whose predecessor is still missing.
 * 5. An act with an id is done once for a letter: asked again it answers what happened the first time, also to who asked at the same time.
 * 6. An edit is another body of the same message: it goes out under the letter's own id, so of original and edited exactly one is applied,
 *    whichever comes through the gate first, and the other one is known.
 * 7. A letter of a feed has no message: redriven, its item is read again at its source, and it closes when that can be announced.
 * 8. A letter of class `gap` says that the predecessor never came: redriving it skips the gap, explicitly and on record (C5b).
 */
import type { LetterEdit, LetterVerdict } from '@steward/contracts';
import type { Database } from '@steward/platform';
import type { PoolClient } from 'pg';
import { readMessage, type Reading, type Sound } from '../consumer/arrival';
import { applyGate } from '../consumer/gate/apply-gate';
import { dropHeld, lockPositions, movePositions } from '../consumer/gate/held.store';
import { writeJournal } from '../consumer/gate/journal.store';
import { placeOf } from '../consumer/gate/sequence-gate';
import { applyInTurn, releaseHeld } from '../consumer/held/release-held';
import { runOwnCode } from '../consumer/batch/own-code';
import { readFor, type Work } from '../consumer/work';
import { applyEdit } from '../letters/edit';
import { type Forecast, forecast, type SourceLetters, type StoredLetter } from './forecast';

export interface Act {
  readonly actor: string;
  readonly reason: string;
  /** Makes it an act that is done once. */
  readonly actId?: string;
  /** Of the one letter that it names. */
  readonly edit?: LetterEdit | undefined;
}

export type Verdict = LetterVerdict;

/** With what letters are acted on. */
export interface Acting {
  readonly database: Database;
  readonly works: readonly Work[];
  /** Feeds of an adapter. */
  readonly sources?: readonly SourceLetters[];
}

/** What `redrive` would do with each letter, without doing it. */
export async function classifyRedrive({ database, works, sources }: Acting, ids: readonly string[], edit?: LetterEdit): Promise<Verdict[]> {
  return database.transaction(async (tx) => {
    const verdicts: Verdict[] = [];
    for (const letter of await lettersOf(tx, ids)) {
      const edited = withEdit(letter, edit);
      if (letter.state !== 'open') verdicts.push({ id: letter.id, verdict: 'closed', detail: `the letter is ${letter.state}` });
      else if ('refused' in edited) verdicts.push({ id: letter.id, verdict: 'conflict', detail: edited.refused });
      else {
        const work = workOf(works, letter);
        verdicts.push({ id: letter.id, ...(await forecast(tx, work, edited.letter, readLetter(work, edited.letter), sources)) });
      }
    }
    return verdicts;
  });
}

/** Applies letters again, in the order of their keys' sequences; returns the result for each. */
export function redrive(acting: Acting, ids: readonly string[], act: Act): Promise<Verdict[]> {
  return each(acting, ids, { ...act, name: 'redrive', one: (tx, work, letter) => redriveOne(tx, work, letter, act.edit, acting.sources) });
}

/** Gives letters up for good. A discarded event counts as skipped, so that the events behind it flow (C5b). */
export function discard(acting: Acting, ids: readonly string[], act: Act): Promise<Verdict[]> {
  return each(acting, ids, { ...act, name: 'discard', one: discardOne });
}

/** The same for events and commands only, to release the events behind them without giving up a state by mistake. */
export function skip(acting: Acting, ids: readonly string[], act: Act): Promise<Verdict[]> {
  const one: One = async (tx, work, letter) => (letter.sequence === null ? { outcome: { verdict: 'conflict', detail: 'nothing waits behind a state: discard it' } } : discardOne(tx, work, letter));
  return each(acting, ids, { ...act, name: 'skip', one });
}

type Outcome = Omit<Verdict, 'id'>;

interface Done {
  readonly outcome: Outcome;
  /** undefined leaves the letter open. */
  readonly state?: 'redriven' | 'superseded' | 'discarded';
  /** The edited one. */
  readonly body?: Buffer;
  readonly release?: () => Promise<void>;
}
type One = (tx: PoolClient, work: Work | undefined, letter: StoredLetter) => Promise<Done>;

/** An act with its name and what it does to one letter. */
interface NamedAct extends Act {
  readonly name: string;
  readonly one: One;
}

async function each(acting: Acting, ids: readonly string[], act: NamedAct): Promise<Verdict[]> {
  if (act.actor.trim() === '' || act.reason.trim() === '') throw new TypeError('an act on a dead letter needs an actor and a reason (I6)');
  const { database, works } = acting;
  const verdicts: Verdict[] = [];
  for (const letter of await database.transaction((tx) => lettersOf(tx, ids))) {
    const work = workOf(works, letter);
    const now = new Date(work?.clock.now() ?? Date.now());
    try {
      const { outcome, release } = await database.transaction((tx) => actOn(tx, letter, work, act, now));
      verdicts.push({ id: letter.id, ...outcome });
      await release?.();
    } catch (error) {
      verdicts.push({ id: letter.id, ...(await database.transaction((tx) => afterFailure(tx, letter, act, error, now))) });
    }
  }
  return verdicts;
}

async function actOn(tx: PoolClient, letter: StoredLetter, work: Work | undefined, act: NamedAct, now: Date): Promise<Done> {
  const before = await recorded(tx, letter.id, act);
  if (before !== undefined) return { outcome: before };
  if (letter.state !== 'open') throw new Closed();
  const result = await act.one(tx, work, letter);
  if (result.state && !(await close(tx, letter.id, result.state, act, now))) throw new Closed();
  await record(tx, letter.id, act, result);
  return result;
}

async function afterFailure(tx: PoolClient, letter: StoredLetter, act: NamedAct, error: unknown, now: Date): Promise<Outcome> {
  // The same act may have been asked for twice at once: it was done, and this one found it done.
  const before = await recorded(tx, letter.id, act);
  if (before !== undefined) return before;
  if (error instanceof Closed) return { verdict: 'closed', detail: 'the letter is closed already' };
  const outcome: Outcome = { verdict: 'failed', detail: error instanceof Error ? error.message : String(error) };
  await tx.query('update dead_letter set attempts = attempts + 1, last_seen_at = $2 where id = $1', [letter.id, now]);
  await record(tx, letter.id, act, { outcome });
  return outcome;
}

async function redriveOne(tx: PoolClient, work: Work | undefined, original: StoredLetter, edit: LetterEdit | undefined, sources: readonly SourceLetters[] | undefined): Promise<Done> {
  const edited = withEdit(original, edit);
  if ('refused' in edited) return { outcome: { verdict: 'conflict', detail: edited.refused } };
  const { letter, body } = edited;
  const reading = readLetter(work, letter);
  const outcome = await forecast(tx, work, letter, reading, sources);
  if (outcome.verdict === 'superseded') return { outcome, state: 'superseded' };
  const source = sources?.find(({ consumer }) => consumer === letter.consumer);
  if (outcome.verdict === 'apply' && source && letter.key !== null) return { outcome, release: await source.readAgain(tx, letter.key) };
  if (outcome.verdict === 'conflict' || !work || !reading.sound) return { outcome };
  const done = await (reading.contract.kind === 'state' ? redriveState(tx, work, reading, outcome) : redriveEvent(tx, work, reading, outcome));
  return body === undefined ? done : { ...done, body };
}

/** The letter as it would be applied. */
function withEdit(letter: StoredLetter, edit: LetterEdit | undefined): { readonly letter: StoredLetter; readonly body?: Buffer } | { readonly refused: string } {
  if (edit === undefined || edit.id !== letter.id) return { letter };
  const edited = applyEdit(letter, edit);
  return 'refused' in edited ? edited : { letter: { ...letter, body: edited.body }, body: edited.body };
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
  await applyInTurn(tx, work, { handler, place, envelope });
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

/** Bytes of headers and body stay what they were; a text that is no id of a letter finds none. */
export async function lettersOf(tx: PoolClient, ids: readonly string[]): Promise<StoredLetter[]> {
  const { rows } = await tx.query<StoredLetter>(
    `select id, kind, consumer, identity, stream, entity, key, system, sequence, class, state, subject, headers, body from dead_letter
      where id = any($1::uuid[]) order by entity, key, coalesce(sequence, revision), opened_at`, [ids]);
  return rows;
}

export const workOf = (works: readonly Work[], letter: StoredLetter): Work | undefined =>
  works.find((work) => work.consumer === letter.consumer && (letter.stream === null || work.stream === letter.stream));

export function readLetter(work: Work | undefined, letter: StoredLetter): Reading {
  const message = { subject: letter.subject, headers: Object.entries(letter.headers), data: letter.body };
  return work === undefined ? readMessage(message) : readFor(work, message);
}

async function close(tx: PoolClient, id: string, state: string, { actor, reason }: Act, now: Date): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update dead_letter set state = $2, closed_at = $3, closed_by = $4, closed_reason = $5 where id = $1 and state = 'open'`, [id, state, now, actor, reason]);
  return rowCount === 1;
}

async function recorded(tx: PoolClient, id: string, { actId }: Act): Promise<Outcome | undefined> {
  if (actId === undefined) return undefined;
  const { rows } = await tx.query<Outcome>('select verdict, detail from dead_letter_act where letter_id = $1 and act_id = $2', [id, actId]);
  return rows[0];
}

async function record(tx: PoolClient, id: string, { name, actor, reason, actId, edit }: NamedAct, { outcome, body }: Pick<Done, 'outcome' | 'body'>): Promise<void> {
  const patch = edit?.id === id ? edit : undefined;
  await tx.query(
    `insert into dead_letter_act (letter_id, act, actor, reason, verdict, detail, act_id, patch, body_hash, body) values ($1, $2, $3, $4, $5, $6, $7, $8::json, $9, $10)`,
    [id, name, actor, reason, outcome.verdict, outcome.detail.replaceAll('\u0000', '\uFFFD'), actId ?? null, patch ? JSON.stringify(patch.patch) : null, patch?.bodyHash ?? null, body ?? null]);
}
