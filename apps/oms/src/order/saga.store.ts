/**
 * 1. Whoever decides holds the row's lock from reading to commit, and rows are locked in the order of their keys.
 * 2. An order that may begin now gets its row first: two messages that both begin it take turns like any others.
 * 3. A row that was read and is written in another version shows a lock that was not held: nothing is written then.
 */
import { type Database, together } from '@steward/platform';
import type { PoolClient } from 'pg';
import type { Saga } from '../saga/saga';

export interface SagaRow {
  readonly orderId: string;
  readonly version: number;
  readonly saga: Saga | undefined;
  /** Of the message that began it: what nobody else has caused goes on from there. */
  readonly traceparent: string | null;
}

export async function lockSagas(tx: PoolClient, orderIds: readonly string[], beginning: readonly string[], now: Date): Promise<Map<string, SagaRow>> {
  const begin =
    beginning.length > 0 &&
    tx.query({
      name: 'saga-begin',
      text: `insert into saga (order_id, step, version, created_at, updated_at) select u.id, 'unplaced', 0, $2, $2 from unnest($1::text[]) u(id) order by u.id on conflict do nothing`,
      values: [beginning, now],
    });
  const lock = tx.query<{ order_id: string; version: number; data: Saga | null; traceparent: string | null }>({
    name: 'saga-lock',
    text: 'select order_id, version::float8 as version, data, traceparent from saga where order_id = any($1::text[]) order by order_id for update',
    values: [orderIds],
  });
  const [, { rows }] = await together([begin, lock]);
  return new Map(rows.map(({ order_id: orderId, version, data, traceparent }) => [orderId, { orderId, version, saga: data ?? undefined, traceparent }]));
}

export interface SagaWrite {
  readonly row: SagaRow;
  readonly saga: Saga;
  readonly traceparent: string | null;
}

export async function saveSagas(tx: PoolClient, writes: readonly SagaWrite[], now: Date): Promise<void> {
  if (writes.length === 0) return;
  const { rowCount } = await tx.query({
    name: 'saga-save',
    // Whose customer is erased meanwhile has to forget them, however often the order still changes.
    text: `update saga s set number = u.number, step = u.step, data = u.data, version = s.version + 1, due_at = u.due_at, traceparent = coalesce(s.traceparent, u.traceparent), updated_at = $8,
        customer_id = u.customer_id, to_forget = exists (select from erased_customer e where e.customer_id = u.customer_id)
      from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::json[], $6::timestamptz[], $7::text[], $9::text[]) u(order_id, version, number, step, data, due_at, traceparent, customer_id)
      where s.order_id = u.order_id and s.version = u.version`,
    values: [
      writes.map(({ row }) => row.orderId),
      writes.map(({ row }) => row.version),
      writes.map(({ saga }) => saga.order?.number ?? null),
      writes.map(({ saga }) => saga.step),
      writes.map(({ saga }) => JSON.stringify(saga)),
      writes.map(({ saga }) => (saga.dueAt === null ? null : new Date(saga.dueAt))),
      writes.map(({ traceparent }) => traceparent),
      now,
      writes.map(({ saga }) => saga.order?.customerId ?? null),
    ],
  });
  if (rowCount !== writes.length) throw new Error(`${writes.length} orders were to be saved and ${rowCount} were as they had been read`);
}

/** Parcels name our order number; undefined for those of orders that are not ours. */
export async function orderIdsOf(tx: PoolClient, numbers: readonly string[]): Promise<Map<string, string>> {
  const { rows } = await tx.query<{ number: string; order_id: string }>({ name: 'saga-by-number', text: 'select number, order_id from saga where number = any($1::text[])', values: [numbers] });
  return new Map(rows.map(({ number, order_id: orderId }) => [number, orderId]));
}

/** Orders whose time has come, the longest overdue first. */
export async function dueOrders(database: Pick<Database, 'query'>, now: Date, limit: number): Promise<string[]> {
  const rows = await database.query<{ order_id: string }>({ name: 'saga-due', text: 'select order_id from saga where due_at <= $1 order by due_at limit $2' }, [now, limit]);
  return rows.map(({ order_id: orderId }) => orderId);
}

/** Since when there may be something to do; undefined when no order is open. */
export async function oldestOpen(database: Pick<Database, 'query'>): Promise<Date | undefined> {
  const [row] = await database.query<{ at: Date | null }>({ name: 'saga-oldest-open', text: 'select min(created_at) as at from saga where due_at is not null' });
  return row?.at ?? undefined;
}
