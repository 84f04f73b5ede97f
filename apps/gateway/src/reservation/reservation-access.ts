import { RejectedError, type Database } from '@steward/platform';
import { verified, type Identity } from '../identity/identity';
import type { Asking } from '../order/order-access';
import { isToken } from '../order/order-token';
import { findReservation, type FoundReservation } from './reservation.store';

/** Somebody else's is told apart from none at all by nobody. */
export async function ownReservation(database: Pick<Database, 'query'>, id: string, asking: Asking): Promise<FoundReservation> {
  const found = await findReservation(database, id);
  if (found !== undefined && isOwn(found, asking)) return found;
  throw new RejectedError('RESERVATION_UNKNOWN', 'there is no such reservation for whoever asks', { place: '/id', accepted: 'the id of a reservation of this customer, or its Steward-Reservation-Token' });
}

export function isOwn({ customerId, token }: FoundReservation, { identity, token: given }: Asking): boolean {
  return isToken(given, token.hash) || isCustomer(customerId, verified(identity));
}

const isCustomer = (customerId: string | null, identity: Identity): boolean => identity.kind === 'customer' && identity.customerId === customerId;
