import type { PoolClient } from 'pg';
import { order, type Order } from '@steward/contracts';
import { defineProjection, type StateChange } from '@steward/event-bus';

/** Names the orders that moved: whoever waits for one reads it. */
export const ORDER_CHANNEL = 'order';

/** NOTIFY takes at most 7,999 bytes, an id has up to 255 bytes of UTF-8. */
const IDS_PER_NOTICE = 25;

/** The stored parts are the read model; what was shown until now is no longer needed, and is of a person. */
export const orderProjection = defineProjection<Order>({ builds: 'orders', contract: order, apply: announceOrders });

export async function announceOrders(tx: PoolClient, changes: readonly StateChange<Order>[]): Promise<void> {
  const ids = changes.map(({ key }) => key);
  await tx.query({ name: 'order-shown-by-state', text: 'update accepted_order set placed = null where order_id = any($1::text[]) and placed is not null', values: [ids] });
  await notifyOrders(tx, ids);
}

/** Wakes whoever waits for one of these orders. */
export async function notifyOrders(tx: PoolClient, ids: readonly string[]): Promise<void> {
  const notices = Array.from({ length: Math.ceil(ids.length / IDS_PER_NOTICE) }, (_, index) => JSON.stringify(ids.slice(index * IDS_PER_NOTICE, (index + 1) * IDS_PER_NOTICE)));
  await tx.query({ name: 'order-notify', text: `select pg_notify('${ORDER_CHANNEL}', notice) from unnest($1::text[]) as n (notice)`, values: [notices] });
}
