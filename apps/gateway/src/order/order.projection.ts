import type { PoolClient } from 'pg';
import { order, type Order } from '@steward/contracts';
import { defineProjection, type Projection, type StateChange } from '@steward/event-bus';
import { together } from '@steward/platform';
import { notifyNews, orderKey } from '../news/notify';
import { wishWebhooks } from '../webhook/webhook.store';

/** The stored parts are the read model; what was shown until now is no longer needed. `endpoints`: whom webhooks tell. */
export const orderProjection = (endpoints: readonly string[]): Projection => defineProjection<Order>({ builds: 'orders', contract: order, apply: (tx, changes) => announceOrders(tx, changes, endpoints) });

export async function announceOrders(tx: PoolClient, changes: readonly StateChange<Order>[], endpoints: readonly string[] = []): Promise<void> {
  const ids = changes.map(({ key }) => key);
  await together([
    tx.query({ name: 'order-shown-by-state', text: 'update accepted_order set placed = null where order_id = any($1::text[]) and placed is not null', values: [ids] }),
    notifyNews(tx, ids.map(orderKey)),
    wishWebhooks(tx, endpoints, changes.map(({ key, envelope }) => ({ orderId: key, traceparent: envelope.traceparent }))),
  ]);
}
