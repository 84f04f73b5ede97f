/**
 * What follows when the CRM has erased somebody, in the transaction that stores that it has.
 * 1. They are on the list as erased, and withheld from now on.
 * 2. The state is a tombstone, whether or not it was ever announced: who knows them by their orders has to be told too.
 * 3. Who keeps orders of theirs is told by an id (customer-erased): the state's tombstone goes to those only who had the person.
 * 4. Nothing of them is left here: outbox, letters, held commands, writes with their outcome, cases. Ids stay.
 */
import { announceWithheld, redactEffects } from '@steward/adapter-kit';
import { type Contract, customer, customerErased, eraseCustomer, registerCustomer, updateCustomer } from '@steward/contracts';
import { appendEvents, redactPerson } from '@steward/event-bus';
import type { PoolClient } from 'pg';
import { writeKinds } from '../customer/customer-write.store';

/** Needs the customer's lock, and comes before the outcome of the erasure is stored. */
export async function forget(tx: PoolClient, customerId: string, options: { readonly at: Date; readonly correlationId: string | null }): Promise<void> {
  const mentions = await whatOnlyTheyHave(tx, customerId);
  await tx.query('update erasure set erased_at = $2 where customer_id = $1', [customerId, options.at]);
  await announceWithheld(tx, 'crm', customer as Contract, [customerId], options);
  await appendEvents(tx, [{ contract: customerErased as Contract, system: 'crm', key: customerId, data: { customerId, erasedAt: options.at.toISOString() }, correlationId: options.correlationId }]);
  const contracts = [customer, registerCustomer, updateCustomer, eraseCustomer] as readonly Contract[];
  await redactPerson(tx, contracts.map((contract) => ({ contract, keys: [customerId] })), mentions);
  await redactEffects(tx, await writesOf(tx, customerId), () => ({ customerId }));
  await tx.query(`update customer_case set detail = 'erased' where customer_id = $1 or other = $1`, [customerId]);
}

/** For letters of items that show no id. */
async function whatOnlyTheyHave(tx: PoolClient, customerId: string): Promise<string[]> {
  const { rows } = await tx.query<{ email: string }>(`select data->>'email' as email from announced where entity = 'customer' and key = $1 and data is not null`, [customerId]);
  return rows.map(({ email }) => email);
}

/** Keys of a customer's writes are the id, or begin with it and a mark that the next character of the alphabet ends. */
async function writesOf(tx: PoolClient, customerId: string): Promise<{ kind: string; key: string }[]> {
  const { rows } = await tx.query<{ kind: string; key: string }>(
    `select kind, key from effect where kind = any($1::text[]) and (key = $2 or key > $2 || '#' and key < $2 || '$') and request->>'customerId' = $2`,
    [writeKinds, customerId],
  );
  return rows;
}
