/** The gateway's own decision: one transaction takes the key, remembers the order and tells the order service (S4, O1). Nothing behind us is asked. */
import { placeOrder, type PlaceOrder } from '@steward/contracts';
import { appendEvents } from '@steward/event-bus';
import { currentTraceparent, RejectedError, type Database } from '@steward/platform';
import { refuseErasedIn } from '../customer/erased';
import { takeKey, type Request } from '../idempotency/idempotency.store';
import { orderNumberOf, otherOrderNumber } from './order-number';
import { hashOfToken, newSalt, tokenOf } from '../order/order-token';
import { toAcceptedState } from '../order/order-view';
import { claimReservation } from '../reservation/reservation.store';

export interface Acceptance {
  readonly request: Request;
  readonly order: Omit<PlaceOrder, 'number' | 'idempotencyHash'>;
  readonly answerMs: number;
}

/** false when the key was taken meanwhile; then nothing was done. */
export async function acceptOrder(database: Database, acceptance: Acceptance): Promise<boolean> {
  try {
    return await accept(database, acceptance, orderNumberOf(acceptance.order.orderId));
  } catch (error) {
    // Once in many lifetimes two orders have the same number.
    if ((error as { constraint?: unknown }).constraint === 'accepted_order_number_key') return accept(database, acceptance, otherOrderNumber());
    throw error;
  }
}

function accept(database: Database, { request, order, answerMs }: Acceptance, number: string): Promise<boolean> {
  const command: PlaceOrder = { ...order, number, idempotencyHash: request.hash };
  const { orderId, customerId, acceptedAt, cartReservationId = null } = command;
  const salt = newSalt();
  return database.transaction(async (tx) => {
    if (customerId !== null) await refuseErasedIn(tx, customerId);
    if (!(await takeKey(tx, request, orderId, answerMs))) return false;
    // Two orders of one cart are one order that was sent twice, more often than two: whoever means both orders the second without it.
    if (cartReservationId !== null && !(await claimReservation(tx, cartReservationId, orderId)))
      throw new RejectedError('RESERVATION_ORDERED', 'another order has taken it over', { place: '/reservation/id', accepted: 'a reservation that no order has taken over, or none' });
    await tx.query({
      name: 'order-accept',
      text: 'insert into accepted_order (order_id, number, customer_id, token_salt, token_hash, accepted_at, placed) values ($1, $2, $3, $4, $5, $6, $7)',
      values: [orderId, number, customerId, salt, hashOfToken(tokenOf(salt, request.key, orderId)), acceptedAt, JSON.stringify(toAcceptedState(command))],
    });
    await appendEvents(tx, [{ contract: placeOrder, system: 'gateway', key: orderId, data: command, time: new Date(acceptedAt), correlationId: orderId, traceparent: currentTraceparent() }]);
    return true;
  });
}
