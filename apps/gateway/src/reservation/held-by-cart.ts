import { RejectedError, type Clock, type Database } from '@steward/platform';
import type { ReservationReference } from '../cart/cart.input';
import type { Buyer } from '../cart/preview';
import { isOwn } from './reservation-access';
import { toReservationView } from './reservation-view';
import { findReservation, type FoundReservation } from './reservation.store';

/** The reservation that a shopper's input names; another's is refused at its place. */
export async function namedReservation(database: Pick<Database, 'query'>, { id, token }: ReservationReference, { identity }: Buyer): Promise<FoundReservation> {
  const found = await findReservation(database, id);
  if (found !== undefined && isOwn(found, { identity, token })) return found;
  throw new RejectedError('GATEWAY_INPUT_REFUSED', '/reservation is none of whoever asks', { place: '/reservation', accepted: 'the id of a reservation of this customer, or an id with its reservationToken' });
}

/** Pieces by SKU; none of a reservation that has ended, or that nobody has answered yet. */
export async function heldByCart({ database, clock }: { readonly database: Pick<Database, 'query'>; readonly clock: Clock }, reference: ReservationReference | null, buyer: Buyer): Promise<ReadonlyMap<string, number>> {
  const held = new Map<string, number>();
  if (reference === null) return held;
  const found = await namedReservation(database, reference, buyer);
  if (toReservationView(found, clock.now()).status !== 'HELD') return held;
  for (const { sku, quantity } of found.lines) held.set(sku, (held.get(sku) ?? 0) + quantity);
  return held;
}
