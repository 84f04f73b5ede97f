/** Events that wait (C5, C5b, C8), with everything needed to apply them later. */
import { together } from '@steward/platform';
import type { PoolClient } from 'pg';
import type { Envelope } from '../../envelope';

export interface HeldEvent {
  /** Position key: `<system>.<entity>/<key>`. */
  readonly place: string;
  readonly envelope: Envelope;
  readonly awaits?: { readonly entity: string; readonly key: string };
}

/** Stores what has to wait and returns the ids that now do; another message under a sequence that is held already is not among them. */
export async function hold(tx: PoolClient, handler: string, events: readonly HeldEvent[], now: Date, expiresAt: Date): Promise<Set<string>> {
  if (events.length === 0) return new Set();
  const { rows } = await tx.query<{ message_id: string }>({
    name: 'steward_hold',
    text: `insert into held (handler, key, sequence, message_id, envelope, awaits_entity, awaits_key, held_at, expires_at)
      select $1, u.key, u.sequence, u.message_id, u.envelope::json, u.awaits_entity, u.awaits_key, $8, $9
      from unnest($2::text[], $3::bigint[], $4::uuid[], $5::text[], $6::text[], $7::text[]) as u(key, sequence, message_id, envelope, awaits_entity, awaits_key)
      on conflict (handler, key, sequence) do update set awaits_entity = excluded.awaits_entity, awaits_key = excluded.awaits_key
        where held.message_id = excluded.message_id
      returning message_id`,
    values: [
      handler, events.map((each) => each.place), events.map((each) => each.envelope.sequence), events.map((each) => each.envelope.id),
      events.map((each) => JSON.stringify(each.envelope)), events.map((each) => each.awaits?.entity ?? null), events.map((each) => each.awaits?.key ?? null),
      now, expiresAt,
    ],
  });
  return new Set(rows.map((row) => row.message_id));
}

/** Of these keys, those with anything held. */
export async function placesWithHeld(tx: PoolClient, handler: string, places: readonly string[]): Promise<string[]> {
  const { rows } = await tx.query<{ key: string }>({
    name: 'steward_held_places',
    text: 'select distinct key from held where handler = $1 and key = any($2::text[])',
    values: [handler, places],
  });
  return rows.map((row) => row.key);
}

/** C8: what waited for these entities waits no longer. True when anything did. */
export async function releaseAwaiting(tx: PoolClient, entity: string, keys: readonly string[]): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: 'steward_held_release',
    text: 'update held set awaits_entity = null, awaits_key = null where awaits_entity = $1 and awaits_key = any($2::text[])',
    values: [entity, keys],
  });
  return (rowCount ?? 0) > 0;
}

/** Locks the key's position and returns it with the event that is next, if it is here and may be tried now. Forgets what was applied by another way. */
export async function nextHeld(tx: PoolClient, handler: string, place: string, now: Date): Promise<{ position: number; envelope: Envelope } | undefined> {
  const position = (await lockPositions(tx, handler, [place])).get(place) ?? 0;
  await tx.query({
    name: 'steward_held_passed',
    text: `delete from held h using inbox i where h.handler = $1 and h.key = $2 and h.sequence <= $3 and i.message_id = h.message_id and i.handler = h.handler`,
    values: [handler, place, position],
  });
  const { rows } = await tx.query<{ envelope: Envelope }>({
    name: 'steward_held_next',
    text: `select envelope from held where handler = $1 and key = $2 and sequence = $3 and awaits_entity is null and (retry_at is null or retry_at <= $4)`,
    values: [handler, place, position + 1, now],
  });
  const envelope = rows[0]?.envelope;
  return envelope && { position, envelope };
}

export async function dropHeld(tx: PoolClient, handler: string, place: string, sequence: number): Promise<void> {
  await tx.query({ name: 'steward_held_drop', text: 'delete from held where handler = $1 and key = $2 and sequence = $3', values: [handler, place, sequence] });
}

/** Position rows are made first and locked in key order, so that two consumers of a key take turns and never deadlock. */
export async function lockPositions(tx: PoolClient, handler: string, places: readonly string[]): Promise<Map<string, number>> {
  const sorted = [...new Set(places)].sort();
  const make = tx.query({
    name: 'steward_position_make',
    text: 'insert into event_position (handler, key, sequence) select $1, key, 0 from unnest($2::text[]) as u(key) on conflict do nothing',
    values: [handler, sorted],
  });
  const lock = tx.query<[string, string]>({
    name: 'steward_position_lock',
    text: 'select key, sequence from event_position where handler = $1 and key = any($2::text[]) order by key for update',
    rowMode: 'array',
    values: [handler, sorted],
  });
  const [, { rows }] = await together([make, lock]);
  return new Map(rows.map(([key, sequence]) => [key, Number(sequence)]));
}

export async function movePositions(tx: PoolClient, handler: string, positions: ReadonlyMap<string, number>): Promise<void> {
  await tx.query({
    name: 'steward_position_move',
    text: `update event_position p set sequence = u.sequence from unnest($2::text[], $3::bigint[]) as u(key, sequence)
      where p.handler = $1 and p.key = u.key and p.sequence < u.sequence`,
    values: [handler, [...positions.keys()], [...positions.values()]],
  });
}
