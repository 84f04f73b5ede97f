/** What people do with the erase list. Who and why are written in the transaction of the act (I6). */
import { type Database, RejectedError } from '@steward/platform';
import type { PoolClient } from 'pg';
import { lockCustomers } from '../customer/customer-write.store';
import { wishErasure } from './erasure.store';

export interface By {
  readonly actor: string;
  readonly reason: string;
}

/** In the order of ids; to be kept where no restore of this database or of the CRM reaches it. */
export async function eraseList(database: Pick<Database, 'query'>): Promise<string[]> {
  const rows = await database.query<{ id: string }>('select customer_id as id from erasure order by customer_id');
  return rows.map(({ id }) => id);
}

/**
 * Asks the CRM to erase them again, whatever became of it before, and forgets them here again: after a restore the one or the other may
 * have them back. Also for what the CRM has refused, when it does no more.
 */
export async function eraseAgain(database: Pick<Database, 'transaction'>, customerIds: readonly string[], act: 'erase' | 'replay', by: By): Promise<void> {
  for (const customerId of new Set(customerIds)) {
    await database.transaction(async (tx) => {
      await lockCustomers(tx, [customerId]);
      await wishErasure(tx, { customerId, requestedAt: new Date().toISOString(), requestedBy: 'operator' });
      await record(tx, customerId, act, by);
    });
  }
}

/** Somebody who must not be erased: only as long as it has not happened. */
export async function withdrawErasure(database: Pick<Database, 'transaction'>, customerId: string, by: By): Promise<void> {
  await database.transaction(async (tx) => {
    await lockCustomers(tx, [customerId]);
    const { rowCount } = await tx.query(
      `delete from erasure e where customer_id = $1 and erased_at is null
        and not exists (select from customer_write w where w.customer_id = e.customer_id and w.kind = 'erase-customer')`,
      [customerId],
    );
    if (rowCount !== 1) throw new RejectedError('CRM_ERASURE_NOT_OPEN', customerId);
    await record(tx, customerId, 'withdraw', by);
  });
}

async function record(tx: PoolClient, customerId: string, act: string, { actor, reason }: By): Promise<void> {
  if (actor.trim() === '' || reason.trim() === '') throw new TypeError('an act on the erase list needs an actor and a reason (I6)');
  await tx.query('insert into erasure_act (customer_id, act, actor, reason) values ($1, $2, $3, $4)', [customerId, act, actor, reason]);
}
