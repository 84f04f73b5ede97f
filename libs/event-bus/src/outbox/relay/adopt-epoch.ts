/**
 * B10: the provisioner has declared a new epoch of a stream; what we recorded in the old one may be gone.
 * 1. One transaction: rows pending again, watermark in the new epoch, the owner's rebuild. A crash before its commit repeats it whole.
 * 2. Republished rows keep message id, revision and sequence: consumers' gates and inboxes see duplicates, not news.
 * 3. Nothing in flight of that stream may be marked after this with the old epoch; the relay waits for it first.
 */
import type { PoolClient } from 'pg';

export interface EpochChange {
  readonly stream: string;
  readonly types: readonly string[];
  /** undefined = the first epoch this database sees; nothing was published before. */
  readonly from: string | undefined;
  readonly to: string;
}

/** Adds pending rows for state that the outbox no longer holds; called in the transaction of the change. */
export type Rebuild = (tx: PoolClient, change: EpochChange) => Promise<void>;

// State: only the newest row of a key, and nothing when that one still waits: the stream keeps one message per subject by arrival
// (B12), and an older one that arrived behind the newer would be all that a slow consumer ever sees.
// They go through the backfill lane, so that a big loss doesn't hold up live changes (O9).
const stateAgain = `
  with newest as (
    select distinct on (type, key) id, created_at, published_at from outbox
    where kind = 'state' and type = any($1::text[])
    order by type, key, revision desc
  )
  update outbox o
  set published_at = null, stream = null, stream_sequence = null, epoch = $2, lane = 1, origin = 'republish'
  from newest n where n.published_at is not null and o.id = n.id and o.created_at = n.created_at`;

// Events: all of them, in their own lane, so that ids keep the order of their keys.
const eventsAgain = `
  update outbox
  set published_at = null, stream = null, stream_sequence = null, epoch = $2, origin = 'republish'
  where kind <> 'state' and type = any($1::text[]) and published_at is not null`;

// What was pending may have been stored before the loss without an answer: it gets the new duplicate id too.
const pendingToo = `update outbox set epoch = $2 where type = any($1::text[]) and published_at is null and epoch is distinct from $2`;

const watermark = `
  insert into outbox_watermark (stream, epoch, sequence, message_id) values ($1, $2, 0, null)
  on conflict (stream) do update set epoch = excluded.epoch, sequence = 0, message_id = null`;

/** Returns how many rows went pending again. */
export async function adoptEpoch(tx: PoolClient, change: EpochChange, rebuild: Rebuild | undefined): Promise<number> {
  let again = 0;
  // First, because its row lock makes a late mark of the old epoch wait and then find the new one.
  await tx.query(watermark, [change.stream, change.to]);
  if (change.from !== undefined) {
    await tx.query(pendingToo, [change.types, change.to]);
    again += (await tx.query(stateAgain, [change.types, change.to])).rowCount ?? 0;
    again += (await tx.query(eventsAgain, [change.types, change.to])).rowCount ?? 0;
    await rebuild?.(tx, change);
  }
  return again;
}
