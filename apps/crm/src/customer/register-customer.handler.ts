import { registerCustomer } from '@steward/contracts';
import { defineHandler } from '@steward/event-bus';
import { isOnEraseList } from '../erasure/erasure.store';
import { enqueue, lockCustomers } from './customer-write.store';

/** An account was made at the shop: the CRM is told, once for ever. */
export const registerCustomerHandler = defineHandler({
  builds: 'customers',
  contract: registerCustomer,
  handle: async (tx, { key, data, envelope }) => {
    await lockCustomers(tx, [key]);
    if (await isOnEraseList(tx, key)) return;
    await enqueue(tx, { customerId: key, kind: 'register-customer', effectKey: key, request: data, correlationId: envelope.correlationId });
  },
});
