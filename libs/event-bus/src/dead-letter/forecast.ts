import type { PoolClient } from 'pg';
import type { Reading } from '../consumer/arrival';
import { lockPositions } from '../consumer/gate/held.store';
import { placeOf } from '../consumer/gate/sequence-gate';
import type { Work } from '../consumer/work';

export interface StoredLetter {
  readonly id: string;
  readonly kind: 'letter' | 'security';
  readonly consumer: string;
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

/** C6: what applying a letter now would mean. Looks, and locks an event's position, but changes nothing. */
export async function forecast(tx: PoolClient, work: Work | undefined, letter: StoredLetter, reading: Reading): Promise<Forecast> {
  if (letter.kind === 'security') return { verdict: 'conflict', detail: 'a security case is never applied: its headers do not belong to its subject' };
  if (!work) return { verdict: 'conflict', detail: `${letter.consumer} is no consumer of this process` };
  if (!reading.sound) return { verdict: 'conflict', detail: `still refused: ${reading.error}` };
  return reading.contract.kind === 'state' ? forecastState(tx, reading) : forecastEvent(tx, work, letter, reading);
}

type Sound = Extract<Reading, { sound: true }>;

async function forecastState(tx: PoolClient, { contract, envelope, hash }: Sound): Promise<Forecast> {
  const { rows } = await tx.query<{ revision: string; hash: string }>(
    `select revision, encode(hash, 'hex') as hash from stored_part where entity = $1 and key = $2`, [contract.entity, envelope.key]);
  const stored = rows[0];
  const revision = envelope.revision ?? 0;
  if (!stored) return { verdict: 'apply', detail: `nothing is stored under ${envelope.key}` };
  if (Number(stored.revision) < revision) return { verdict: 'apply', detail: `revision ${revision} over ${stored.revision}` };
  if (Number(stored.revision) > revision) return { verdict: 'superseded', detail: `revision ${stored.revision} is stored` };
  if (stored.hash === hash) return { verdict: 'superseded', detail: 'this very revision was applied' };
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
