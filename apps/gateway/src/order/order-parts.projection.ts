/** Parcels and returns: shown with their order, and found by it. */
import type { PoolClient } from 'pg';
import { fulfilment, orderReturn, type Fulfilment, type OrderReturn } from '@steward/contracts';
import { defineProjection, type StateChange } from '@steward/event-bus';
import { notifyNews, orderKey } from '../news/notify';

export const fulfilmentProjection = defineProjection<Fulfilment>({ builds: 'fulfilments', contract: fulfilment, apply: announceParts });
export const returnProjection = defineProjection<OrderReturn>({ builds: 'returns', contract: orderReturn, apply: announceParts });

export async function announceParts(tx: PoolClient, changes: readonly StateChange<{ orderId: string }>[]): Promise<void> {
  await notifyNews(tx, [...new Set(changes.flatMap(({ data }) => (data === null ? [] : [orderKey(data.orderId)])))]);
}
