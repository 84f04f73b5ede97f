/**
 * What endpoints have not been told yet. Invariants:
 *   1. The row is written in the transaction of the change: whoever is told later than the storefront is told all the same.
 *   2. One row an endpoint and order. What changes while an endpoint is down replaces what it was not told: it hears how the order stands.
 *   3. A row that was taken is taken by nobody else until its claim ends; a process that dies leaves it to the next one.
 *   4. A message keeps its id and body however often it is tried.
 */
import type { PoolClient } from 'pg';
import type { Database } from '@steward/platform';

export interface Due {
  readonly endpoint: string;
  readonly orderId: string;
  readonly messageId: string;
  /** null until it was tried. */
  readonly body: string | null;
  readonly attempts: number;
  readonly traceparent: string | null;
}

export async function wishWebhooks(tx: PoolClient, urls: readonly string[], orders: readonly { readonly orderId: string; readonly traceparent: string | null }[]): Promise<void> {
  if (urls.length === 0 || orders.length === 0) return;
  await tx.query({
    name: 'webhook-wish',
    text: `
      insert into webhook (endpoint, order_id, message_id, next_at, traceparent)
      select e.url, o.order_id, gen_random_uuid(), now(), o.traceparent
      from unnest($1::text[]) as e (url) cross join unnest($2::text[], $3::text[]) as o (order_id, traceparent)
      order by e.url, o.order_id
      on conflict (endpoint, order_id) do update set message_id = excluded.message_id, body = null, attempts = 0, next_at = excluded.next_at,
        created_at = now(), traceparent = excluded.traceparent, error = null, given_up_at = null`,
    values: [urls, orders.map(({ orderId }) => orderId), orders.map(({ traceparent }) => traceparent)],
  });
}

/** Takes what is due, for so long; counts the try. */
export async function claimDue(database: Database, most: number, claimMs: number): Promise<Due[]> {
  return database.query<Due & { [name: string]: unknown }>(
    {
      name: 'webhook-claim',
      text: `
        update webhook w set attempts = attempts + 1, next_at = clock_timestamp() + make_interval(secs => $2::float8 / 1000)
        from (select endpoint, order_id from webhook where given_up_at is null and next_at <= clock_timestamp() order by next_at limit $1 for update skip locked) due
        where w.endpoint = due.endpoint and w.order_id = due.order_id
        returning w.endpoint, w.order_id as "orderId", w.message_id as "messageId", w.body, w.attempts, w.traceparent`,
    },
    [most, claimMs],
  );
}

/** false when there is more to tell by now: then this message is not sent, and the newer one is. */
export async function keepBody(database: Database, { endpoint, orderId, messageId }: Due, body: string): Promise<boolean> {
  const rows = await database.query({ name: 'webhook-body', text: 'update webhook set body = $4 where endpoint = $1 and order_id = $2 and message_id = $3 returning order_id' }, [endpoint, orderId, messageId, body]);
  return rows.length === 1;
}

export async function markTold(database: Database, { endpoint, orderId, messageId }: Due): Promise<void> {
  await database.query({ name: 'webhook-told', text: 'delete from webhook where endpoint = $1 and order_id = $2 and message_id = $3' }, [endpoint, orderId, messageId]);
}

/** `againMs` null: not any more. */
export async function markFailed(database: Database, { endpoint, orderId, messageId }: Due, error: string, againMs: number | null): Promise<void> {
  await database.query(
    {
      name: 'webhook-failed',
      text: `
        update webhook set error = $4, given_up_at = case when $5::float8 is null then now() end,
          next_at = clock_timestamp() + make_interval(secs => coalesce($5::float8, 0) / 1000)
        where endpoint = $1 and order_id = $2 and message_id = $3`,
    },
    [endpoint, orderId, messageId, error, againMs],
  );
}
