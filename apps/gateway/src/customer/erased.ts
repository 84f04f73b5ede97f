/**
 * Whoever is erased has no account here, though the token of one may be good for a while: they can look at nothing and order nothing until
 * they register again. The tombstone says who; it outlives every token (retention of stored parts).
 */
import { RejectedError, type Database } from '@steward/platform';
import type { PoolClient } from 'pg';

const statement = `select data is null as erased from stored_part where entity = 'customer' and key = $1`;

/** Throws CUSTOMER_ERASED. */
export async function refuseErased(database: Pick<Database, 'query'>, customerId: string): Promise<void> {
  refuse(await database.query<{ erased: boolean }>({ name: 'customer-erased', text: statement }, [customerId]));
}

/**
 * The same for a transaction that is about to keep something of them. Its lock has the tombstone wait, which then finds what was kept
 * (forget.ts): without it an order that commits meanwhile would be forgotten by nobody.
 */
export async function refuseErasedIn(tx: PoolClient, customerId: string): Promise<void> {
  refuse((await tx.query<{ erased: boolean }>({ name: 'customer-erased-locked', text: `${statement} for share`, values: [customerId] })).rows);
}

function refuse(rows: readonly { readonly erased: boolean }[]): void {
  if (rows[0]?.erased === true) throw new RejectedError('CUSTOMER_ERASED', 'the customer of this token is erased', { place: 'authorization', accepted: 'no token, as a guest, or a customer who has registered again' });
}
