import type { PoolClient } from 'pg';
import { stockReservation, type StockReservation } from '@steward/contracts';
import { defineProjection, type Projection, type StateChange } from '@steward/event-bus';
import { notifyNews, reservationKey } from '../news/notify';

/** What the stock service says of carts and of orders alike; the stored parts are the read model. */
export const reservationProjection: Projection = defineProjection<StockReservation>({ builds: 'reservations', contract: stockReservation, apply: announceReservations });

/** Only shoppers with a cart wait for it. Of an order they hear by the order itself. */
export async function announceReservations(tx: PoolClient, changes: readonly StateChange<StockReservation>[]): Promise<void> {
  const { rows } = await tx.query<{ id: string }>({ name: 'reservation-known', text: 'select reservation_id as id from cart_reservation where reservation_id = any($1::text[])', values: [changes.map(({ key }) => key)] });
  await notifyNews(tx, rows.map(({ id }) => reservationKey(id)));
}
