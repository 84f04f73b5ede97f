/**
 * A shopper's cart may hold stock before there is an order; the order that names it takes it over, in the transaction that decides on the order.
 * 1. What a cart holds passes to one order (S2): its row is locked, and once it was taken over, released or has expired there is nothing to take
 *    over. The order is then decided on like any other.
 * 2. Between the two nobody else gets it: what is given back and what is taken move the sums in one statement (S1).
 * 3. An order that is refused leaves its cart what it holds. A cart that is named before it has asked for anything holds nothing any more.
 */
import type { Cart } from '../reservation/allocate';
import { type Entry, holdingsOf, type Tx } from '../reservation/ledger.store';
import type { Asked, Reservation } from '../reservation/reservation.store';

/** The carts that these orders name, to be locked with them. */
export function cartsOf(asked: readonly (Asked & { readonly cartReservationId?: string | null })[]): Asked[] {
  const orders = new Set(asked.map(({ orderId }) => orderId));
  const named = asked.flatMap(({ cartReservationId, correlationId, traceparent }) =>
    cartReservationId == null || orders.has(cartReservationId) ? [] : [{ orderId: cartReservationId, correlationId, traceparent, cart: true }],
  );
  return [...new Map(named.map((cart) => [cart.orderId, cart])).values()];
}

/** What the carts among rows that are locked hold. An order's reservation is nobody's cart. */
export async function heldByCarts(tx: Tx, locked: readonly Reservation[]): Promise<Map<string, Cart>> {
  const ids = locked.filter(({ cart, status }) => cart && status === 'held').map(({ orderId }) => orderId);
  const holdings = ids.length === 0 ? [] : await holdingsOf(tx, ids);
  return new Map(ids.map((reservationId) => [reservationId, { reservationId, shares: holdings.filter(({ orderId }) => orderId === reservationId).map(({ held, ...share }) => ({ ...share, quantity: held })) }]));
}

export const entriesOfCart = ({ reservationId, shares }: Cart): Entry[] =>
  shares.map(({ lineId, sku, location, quantity }): Entry => ({ orderId: reservationId, lineId, sku, location, quantity: -quantity, kind: 'release' }));
