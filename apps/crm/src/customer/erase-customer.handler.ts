import { eraseCustomer } from '@steward/contracts';
import { defineHandler } from '@steward/event-bus';
import { wishErasure } from '../erasure/erasure.store';
import { dropUnsent, lockCustomers } from './customer-write.store';

/** It overtakes what was not sent yet, and waits for the outcome of what was: nothing may arrive at the CRM behind it. */
export const eraseCustomerHandler = defineHandler({
  builds: 'customers',
  contract: eraseCustomer,
  handle: async (tx, { key, data, envelope }) => {
    await lockCustomers(tx, [key]);
    await dropUnsent(tx, key);
    await wishErasure(tx, { customerId: key, requestedAt: data.requestedAt, requestedBy: data.requestedBy, correlationId: envelope.correlationId });
  },
});
