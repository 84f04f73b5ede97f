import type { PoolClient } from 'pg';
import type { Reading } from '../consumer/arrival';
import { lockPositions } from '../consumer/gate/held.store';
import { placeOf } from '../consumer/gate/sequence-gate';
import type { Work } from '../consumer/work';

export interface StoredLetter {
  readonly id: string;
  readonly kind: 'letter' | 'security';
  readonly consumer: string;
  readonly identity: string;
  readonly stream: string | null;
  readonly entity: string | null;
  readonly key: string | null;
  readonly system: string | null;
  readonly sequence: string | null;
  readonly class: string;
  readonly state: string;
  readonly subject: string;
  readonly headers: Record<string, string[]>;
  readonly body: Buffer;
}

export interface Forecast {
  readonly verdict: 'apply' | 'superseded' | 'conflict';
  readonly detail: string;
}

/** Letters of a feed: what they are about is not in them but at its source. */
export interface SourceLetters {
  readonly consumer: string;
  /** Has the key read again; what is returned is called after the commit. */
  readonly readAgain: (tx: PoolClient, key: string) => Promise<() => Promise<void>>;
}

/** C6: what applying a letter now would mean. Looks, and locks an event's position, but changes nothing. */
export async function forecast(tx: PoolClient, work: Work | undefined, letter: StoredLetter, reading: Reading, sources: readonly SourceLetters[] = []): Promise<Forecast> {
  if (letter.kind === 'security') return { verdict: 'conflict', detail: 'a security case is never applied: its headers do not belong to its subject' };
  if (sources.some(({ consumer }) => consumer === letter.consumer)) return forecastItem(letter);
  if (!work) return { verdict: 'conflict', detail: `${letter.consumer} is no consumer of this process` };
  if (!reading.sound) return { verdict: 'conflict', detail: `still refused: ${reading.error}` };
  return reading.contract.kind === 'state' ? forecastState(tx, letter, reading) : forecastEvent(tx, work, letter, reading);
}

type Sound = Extract<Reading, { sound: true }>;

function forecastItem({ key, identity }: StoredLetter): Forecast {
  if (key === null || !identity.startsWith('key ')) return { verdict: 'conflict', detail: 'the item has no readable key: the next full pass reads it again' };
  return { verdict: 'apply', detail: 'it is read again at its source, and the letter closes when what is said there can be announced' };
}

async function forecastState(tx: PoolClient, letter: StoredLetter, { contract, envelope, hash }: Sound): Promise<Forecast> {
  const { rows } = await tx.query<{ revision: string; hash: string; message_id: string }>(
    `select revision, encode(hash, 'hex') as hash, message_id from stored_part where entity = $1 and key = $2`, [contract.entity, envelope.key]);
  const stored = rows[0];
  const revision = envelope.revision ?? 0;
  if (!stored) return { verdict: 'apply', detail: `nothing is stored under ${envelope.key}` };
  if (Number(stored.revision) < revision) return { verdict: 'apply', detail: `revision ${revision} over ${stored.revision}` };
  if (Number(stored.revision) > revision) return { verdict: 'superseded', detail: `revision ${stored.revision} is stored` };
  // As it came, or edited: one message is applied once. A letter about two contents under one id is a question of its own.
  if (stored.hash === hash || (stored.message_id === envelope.id && letter.class !== 'conflict')) return { verdict: 'superseded', detail: 'this very revision was applied' };
  return { verdict: 'conflict', detail: `revision ${revision} is stored with other content` };
}

async function forecastEvent(tx: PoolClient, work: Work, letter: StoredLetter, reading: Sound): Promise<Forecast> {
  const handler = work.handlers.get(reading.contract.entity);
  if (!handler) return { verdict: 'conflict', detail: `${work.consumer} has no handler for ${reading.contract.entity}` };
  const place = placeOf(reading);
  const position = (await lockPositions(tx, handler.builds, [place])).get(place) ?? 0;
  const { rows } = await tx.query('select from inbox where handler = $1 and message_id = $2', [handler.builds, reading.envelope.id]);
  const sequence = reading.envelope.sequence ?? 0;
  if (rows.length > 0) return { verdict: 'superseded', detail: 'this very event was applied' };
  if (sequence === position + 1) return { verdict: 'apply', detail: `event ${sequence} is next` };
  if (sequence > position && letter.class === 'gap') return { verdict: 'apply', detail: `skips events ${position + 1} to ${sequence - 1}` };
  if (sequence > position) return { verdict: 'conflict', detail: `event ${position + 1} of this key comes first` };
  return { verdict: 'conflict', detail: `sequence ${sequence} was applied by another message or skipped` };
}
