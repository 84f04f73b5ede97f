/** Parcels and returns: shown with their order, and found by it. */
import type { PoolClient } from 'pg';
import { fulfilment, orderReturn, type Fulfilment, type OrderReturn } from '@steward/contracts';
import { defineProjection, type Projection, type StateChange } from '@steward/event-bus';
import { notifyNews, orderKey } from '../news/notify';
import { wishWebhooks } from '../webhook/webhook.store';

export function orderPartProjections(endpoints: readonly string[]): Projection[] {
  return [
    defineProjection<Fulfilment>({ builds: 'fulfilments', contract: fulfilment, apply: (tx, changes) => announceParts(tx, changes, endpoints) }),
    defineProjection<OrderReturn>({ builds: 'returns', contract: orderReturn, apply: (tx, changes) => announceParts(tx, changes, endpoints) }),
  ];
}

export async function announceParts(tx: PoolClient, changes: readonly StateChange<{ orderId: string }>[], endpoints: readonly string[] = []): Promise<void> {
  // Of several parts of one order one is enough: what is told is the order.
  const orders = new Map(changes.flatMap(({ data, envelope }) => (data === null ? [] : [[data.orderId, envelope.traceparent] as const])));
  await notifyNews(tx, [...orders.keys()].map(orderKey));
  await wishWebhooks(tx, endpoints, [...orders].map(([orderId, traceparent]) => ({ orderId, traceparent })));
}
