import { customerErased } from '@steward/contracts';
import { defineHandler, type Handler } from '@steward/event-bus';

/** Only notes whom, and which orders: these are forgotten one by one (forget-orders.ts), each when nobody needs to know any more. */
export const customerErasedHandler: Handler = defineHandler({
  builds: 'erasures',
  contract: customerErased,
  handle: async (tx, { data: { customerId, erasedAt } }) => {
    await tx.query('insert into erased_customer (customer_id, erased_at) values ($1, $2) on conflict (customer_id) do update set erased_at = greatest(erased_customer.erased_at, excluded.erased_at)', [customerId, erasedAt]);
    await tx.query('update saga set to_forget = true where customer_id = $1', [customerId]);
  },
});
