import { updateCustomer } from '@steward/contracts';
import { defineHandler } from '@steward/event-bus';
import { StewardError } from '@steward/platform';
import type { PoolClient } from 'pg';
import { isOnEraseList } from '../erasure/erasure.store';
import { enqueue, lockCustomers } from './customer-write.store';

export const updateCustomerHandler = defineHandler({
  builds: 'customers',
  contract: updateCustomer,
  handle: async (tx, { key, data, envelope }) => {
    await lockCustomers(tx, [key]);
    if (await isOnEraseList(tx, key)) return;
    // C8: commands of two contracts have no order between them. It is tried again, and ends at the owner when nobody registers.
    if (!(await isKnown(tx, key))) throw new StewardError('CRM_CUSTOMER_UNKNOWN', key);
    await enqueue(tx, { customerId: key, kind: 'update-customer', effectKey: `${key}#${envelope.id}`, request: data, correlationId: envelope.correlationId });
  },
});

async function isKnown(tx: PoolClient, customerId: string): Promise<boolean> {
  const { rows } = await tx.query<{ known: boolean }>({
    name: 'crm-is-known',
    text: `select exists (select from announced where entity = 'customer' and key = $1 and data is not null)
      or exists (select from customer_write where customer_id = $1 and kind = 'register-customer')
      or exists (select from effect where kind = 'register-customer' and key = $1) as known`,
    values: [customerId],
  });
  return rows[0]?.known ?? false;
}
