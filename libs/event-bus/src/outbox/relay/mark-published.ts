import type { Database } from '@steward/platform';

/** One own acknowledgement; never derived from a neighbour's (B11). */
export interface Acknowledged {
  readonly id: string;
  readonly createdAt: string;
  readonly messageId: string;
  readonly sequence: number;
}

export interface MarkBatch {
  lane: number;
  stream: string;
  epoch: string;
  rows: readonly Acknowledged[];
}

/** array_position is quadratic: 500 cost 3 µs a row, 5,000 would cost 30. */
export const markBatchSize = 500;

// Why `id = any($1)` and array_position, and not a join with unnest($1, $2): without statistics (a fresh partition has none) the
// planner takes the partial index for tiny and reads all of it for every batch, or loops 500 × 500; measured 20–80 ms instead
// of 4. The bounds on created_at prune to the partitions concerned. The update can't be HOT, published_at is in an index predicate.
// Commit is asynchronous (the set_config ends with the transaction): a mark lost in a crash is a message published again under the
// same id, which costs a duplicate, and a fsync per batch would cost the latency of every writer on the disk.
// No lease fence: an acknowledgement is a fact, whoever received it.
// The watermark keeps the highest acknowledged sequence with its message id (B10, O8), and it moves first: its row lock orders this
// statement against a relay that takes over a new epoch. When the epoch has moved on, nothing is marked, and the rows stay pending.
const markText = `
  with lazy as materialized (select set_config('synchronous_commit', 'off', true) as setting),
  watermark as (
    update outbox_watermark w
    set sequence = greatest(w.sequence, $7::bigint), message_id = case when w.sequence < $7::bigint then $8::uuid else w.message_id end
    where w.stream = $3 and w.epoch = $4 and (select setting from lazy) = 'off'
    returning w.stream
  ), marked as (
    update outbox
    set published_at = now(), stream = $3, epoch = $4, stream_sequence = ($2::bigint[])[array_position($1::bigint[], id)]
    where published_at is null and lane = $5 and id = any($1::bigint[])
      and created_at >= (select min(at) from unnest($6::timestamptz[]) at)
      and created_at <= (select max(at) from unnest($6::timestamptz[]) at)
      and exists (select from watermark)
    returning id
  )
  select count(*)::int as count from marked`;

/** Marks rows of one lane and stream as published; rows that are marked already are left as they are. Returns how many changed. */
export async function markPublished(database: Pick<Database, 'query'>, batch: MarkBatch): Promise<number> {
  const first = batch.rows[0];
  if (!first) return 0;
  let highest = first;
  for (const row of batch.rows) {
    if (row.sequence > highest.sequence) highest = row;
  }
  const result = await database.query<{ count: number }>({ name: 'outbox-mark-published', text: markText }, [
    batch.rows.map((row) => row.id),
    batch.rows.map((row) => row.sequence),
    batch.stream,
    batch.epoch,
    batch.lane,
    // Rows of one commit share their time.
    [...new Set(batch.rows.map((row) => row.createdAt))],
    highest.sequence,
    highest.messageId,
  ]);
  return result[0]?.count ?? 0;
}
