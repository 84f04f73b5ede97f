import { releaseStock } from '@steward/contracts';
import { appendEvents } from '@steward/event-bus';
import { currentTraceparent, RejectedError, type Database } from '@steward/platform';
import { lockReservation } from './reservation.store';

/** Asked for once; what is over stays as it ended. An order's is the order's to give back. */
export async function releaseCart(database: Database, reservationId: string): Promise<void> {
  await database.transaction(async (tx) => {
    const found = await lockReservation(tx, reservationId);
    if (found === undefined || found.releasedAt !== null) return;
    if (found.orderId !== null) throw new RejectedError('RESERVATION_ORDERED', `it is of order ${found.orderId}`, { place: '/id', accepted: 'a reservation that no order has taken over; the order can be cancelled' });
    await tx.query({ name: 'reservation-release', text: 'update cart_reservation set released_at = clock_timestamp() where reservation_id = $1', values: [reservationId] });
    await appendEvents(tx, [{ contract: releaseStock, system: 'gateway', key: reservationId, data: { orderId: reservationId, reason: 'released by the shopper' }, correlationId: reservationId, traceparent: currentTraceparent() }]);
  });
}
