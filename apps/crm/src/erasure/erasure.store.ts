/**
 * The erase list: who wants to be forgotten, and whether it has happened.
 * 1. Who stands on it is asked about no more, whatever command comes later or late.
 * 2. Whom the CRM has erased is told as deleted whatever it says afterwards, and erased there again: a backup was restored, or
 *    somebody imported an old list.
 */
import type { PoolClient } from 'pg';
import { enqueue, lockCustomers } from '../customer/customer-write.store';

export interface ErasureWish {
  readonly customerId: string;
  readonly requestedAt: string;
  readonly requestedBy: string;
  readonly correlationId?: string | null;
}

/** An erased person that a read shows this long afterwards is there again; before that it may be an old answer. */
const shownAgainAfter = '1 minute';

/** Needs the customer's lock. */
export async function isOnEraseList(tx: PoolClient, customerId: string): Promise<boolean> {
  const { rowCount } = await tx.query({ name: 'crm-on-erase-list', text: 'select 1 from erasure where customer_id = $1', values: [customerId] });
  return rowCount === 1;
}

/** Asks the CRM to erase, once more where that was done before. Needs the customer's lock. */
export async function wishErasure(tx: PoolClient, { customerId, requestedAt, requestedBy, correlationId = null }: ErasureWish): Promise<void> {
  const { rows } = await tx.query<{ times: number }>({
    name: 'crm-wish-erasure',
    text: `insert into erasure as e (customer_id, requested_at, requested_by) values ($1, $2, $3)
      on conflict (customer_id) do update set times = e.times + 1
        where not exists (select from customer_write w where w.customer_id = e.customer_id and w.kind = 'erase-customer')
      returning times`,
    values: [customerId, requestedAt, requestedBy],
  });
  const times = rows[0]?.times;
  // It is being asked for already.
  if (times === undefined) return;
  await enqueue(tx, { customerId, kind: 'erase-customer', effectKey: `${customerId}#${times}`, request: { customerId }, correlationId });
}

/** Feed.withheld of customers. Who is being forgotten at this moment is waited for: what was read meanwhile must not come out of it alive. */
export async function erasedAmong(tx: PoolClient, customerIds: readonly string[]): Promise<ReadonlySet<string>> {
  const listed = await tx.query<{ id: string }>({ name: 'crm-listed-among', text: 'select customer_id as id from erasure where customer_id = any($1::text[])', values: [customerIds] });
  if (listed.rows.length === 0) return new Set();
  await lockCustomers(tx, listed.rows.map(({ id }) => id));
  const { rows } = await tx.query<{ id: string; again: boolean }>({
    name: 'crm-erased-among',
    text: `select customer_id as id, erased_at < now() - interval '${shownAgainAfter}' as again from erasure where customer_id = any($1::text[]) and erased_at is not null order by customer_id`,
    values: [listed.rows.map(({ id }) => id)],
  });
  await eraseAgain(tx, rows.filter(({ again }) => again).map(({ id }) => id));
  return new Set(rows.map(({ id }) => id));
}

/** Needs the customers' locks. */
async function eraseAgain(tx: PoolClient, customerIds: readonly string[]): Promise<void> {
  for (const customerId of customerIds) await wishErasure(tx, { customerId, requestedAt: new Date().toISOString(), requestedBy: 'steward' });
}
