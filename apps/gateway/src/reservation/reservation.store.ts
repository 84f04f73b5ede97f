/**
 * The gateway's side of a cart's reservation: whose it is, what it is for, and which order has it (S2). Whether stock is held is decided by
 * the stock service alone; its word lies beside, as a stored part.
 */
import type { StockReservation } from '@steward/contracts';
import type { Database } from '@steward/platform';
import type { PoolClient } from 'pg';
import type { CartLine } from './reservation.input';

export interface FoundReservation {
  readonly reservationId: string;
  /** null of a guest's. */
  readonly customerId: string | null;
  readonly token: { readonly salt: Buffer; readonly hash: Buffer };
  readonly lines: readonly CartLine[];
  /** Until when it was asked for. */
  readonly expiresAt: Date;
  /** The order that has it; null also when that order came to nothing. */
  readonly orderId: string | null;
  readonly releasedAt: Date | null;
  /** null until the stock service has answered. */
  readonly state: StockReservation | null;
}

// An order that came to nothing has left the cart what it holds, or has given it back: either way the shopper may name it again.
const orderLives = `r.order_id is not null and not exists (select from stored_part o where o.entity = 'order' and o.key = r.order_id and o.data ->> 'status' in ('REJECTED', 'CANCELLED'))`;

const selected = `
  select r.reservation_id as "reservationId", r.customer_id as "customerId", json_build_object('salt', encode(r.token_salt, 'base64'), 'hash', encode(r.token_hash, 'base64')) as token,
    r.lines, r.expires_at as "expiresAt", case when ${orderLives} then r.order_id end as "orderId", r.released_at as "releasedAt", p.data as state
  from cart_reservation r left join stored_part p on p.entity = 'stock-reservation' and p.key = r.reservation_id where r.reservation_id = $1`;

type Row = Omit<FoundReservation, 'token'> & { readonly token: { readonly salt: string; readonly hash: string } };

const found = ({ token: { salt, hash }, ...row }: Row): FoundReservation => ({ ...row, token: { salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') } });

export async function findReservation(database: Pick<Database, 'query'>, reservationId: string): Promise<FoundReservation | undefined> {
  // PostgreSQL has no text with NUL in it, so neither has an id.
  if (reservationId.includes('\0')) return undefined;
  return (await database.query<Row>({ name: 'reservation-find', text: selected }, [reservationId])).map(found)[0];
}

/** For whoever is about to change it. */
export async function lockReservation(tx: PoolClient, reservationId: string): Promise<FoundReservation | undefined> {
  return (await tx.query<Row>({ name: 'reservation-lock', text: `${selected} for update of r`, values: [reservationId] })).rows.map(found)[0];
}

export async function keepReservation(tx: PoolClient, { reservationId, customerId, token, lines, expiresAt }: Omit<FoundReservation, 'orderId' | 'releasedAt' | 'state'>): Promise<void> {
  await tx.query({
    name: 'reservation-keep',
    text: 'insert into cart_reservation (reservation_id, customer_id, token_salt, token_hash, lines, expires_at) values ($1, $2, $3, $4, $5, $6)',
    values: [reservationId, customerId, token.salt, token.hash, JSON.stringify(lines), expiresAt],
  });
}

/** Whether the order has it now. The row's lock lets one of several in, and the others see it (S2). */
export async function claimReservation(tx: PoolClient, reservationId: string, orderId: string): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: 'reservation-claim',
    text: `update cart_reservation r set order_id = $2 where reservation_id = $1 and (r.order_id = $2 or not (${orderLives}))`,
    values: [reservationId, orderId],
  });
  return rowCount === 1;
}
