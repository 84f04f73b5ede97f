import type { PoolClient } from 'pg';
import { order, type Order } from '@steward/contracts';
import { defineProjection, type StateChange } from '@steward/event-bus';
import { notifyNews, orderKey } from '../news/notify';

/** The stored parts are the read model; what was shown until now is no longer needed. */
export const orderProjection = defineProjection<Order>({ builds: 'orders', contract: order, apply: announceOrders });

export async function announceOrders(tx: PoolClient, changes: readonly StateChange<Order>[]): Promise<void> {
  const ids = changes.map(({ key }) => key);
  await tx.query({ name: 'order-shown-by-state', text: 'update accepted_order set placed = null where order_id = any($1::text[]) and placed is not null', values: [ids] });
  await notifyNews(tx, ids.map(orderKey));
}
