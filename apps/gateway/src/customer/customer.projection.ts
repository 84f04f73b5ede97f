import type { PoolClient } from 'pg';
import { customer, segment, type Customer, type Segment } from '@steward/contracts';
import { defineProjection, type StateChange } from '@steward/event-bus';
import { customerKey, notifyNews } from '../news/notify';
import { forgetCustomers } from './forget';

/** The stored parts are the read model. A tombstone is a person who is to be forgotten: not here only, but wherever we keep something of them. */
export const customerProjection = defineProjection<Customer>({ builds: 'customers', contract: customer, apply: announceCustomers });

/** Names of segments are looked up when a customer is shown. */
export const segmentProjection = defineProjection<Segment>({ builds: 'segments', contract: segment, apply: async () => undefined });

export async function announceCustomers(tx: PoolClient, changes: readonly StateChange<Customer>[]): Promise<void> {
  await forgetCustomers(tx, changes.flatMap(({ key, data }) => (data === null ? [key] : [])));
  await notifyNews(tx, changes.map(({ key }) => customerKey(key)));
}
