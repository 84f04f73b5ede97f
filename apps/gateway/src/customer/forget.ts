/**
 * What the gateway keeps of a person who is erased. Orders stay as what was bought: number, lines and amounts belong to the shop's accounts;
 * who it was for goes. An order that was not sent yet is still sent whole, and forgotten when it was read.
 */
import { cancelOrder, type Contract, customer, order, placeOrder, registerCustomer, requestReturn, updateCustomer } from '@steward/contracts';
import { forgetMessages, type PersonalTrace, redactPerson } from '@steward/event-bus';
import type { PoolClient } from 'pg';

export async function forgetCustomers(tx: PoolClient, customerIds: readonly string[]): Promise<void> {
  if (customerIds.length === 0) return;
  const ofCustomer = customerIds.map((id) => `customer:${id}`);
  const accepted = await tx.query<{ id: string }>('select order_id as id from accepted_order where customer_id = any($1::text[])', [customerIds]);
  const told = await tx.query<{ id: string }>(`select key as id from stored_part where customer_id = any($1::text[])`, [customerIds]);
  const orderIds = [...new Set([...accepted.rows, ...told.rows].map(({ id }) => id))];
  const returned = await tx.query<{ id: string }>(`select resource_id as id from idempotency where operation = 'request-return' and identity = any($1::text[])`, [[...ofCustomer, ...orderIds.map((id) => `order:${id}`)]]);
  const said: PersonalTrace[] = [
    { contract: registerCustomer as Contract, keys: customerIds },
    { contract: updateCustomer as Contract, keys: customerIds },
    { contract: placeOrder as Contract, keys: orderIds, leavesUnsent: true },
    { contract: cancelOrder as Contract, keys: orderIds, leavesUnsent: true },
    { contract: requestReturn as Contract, keys: returned.rows.map(({ id }) => id), leavesUnsent: true },
  ];
  await redactPerson(tx, [{ contract: customer, keys: customerIds }, { contract: order, keys: orderIds }, ...said]);
  await forgetMessages(tx, 'gateway', said);
  // A pseudonym's; what is still held runs out by itself.
  await tx.query('delete from cart_reservation where customer_id = any($1::text[])', [customerIds]);
  // Of a person in the stored answers: where they were to prove who they are.
  await tx.query(
    `update idempotency set answer = jsonb_set(answer::jsonb, '{order,payment,actionUrl}', 'null')::text
     where operation = 'place-order' and resource_id = any($1::text[]) and answer::jsonb #>> '{order,payment,actionUrl}' is not null`,
    [orderIds],
  );
}
