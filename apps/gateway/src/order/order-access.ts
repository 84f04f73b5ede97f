import { RejectedError, type Database } from '@steward/platform';
import { verified, type Identity } from '../identity/identity';
import { findOrder, type FoundOrder } from './order.queries';
import { isToken } from './order-token';

/** Who asks for an order: a customer, or whoever holds its token. */
export interface Asking {
  readonly identity: Identity;
  readonly token: unknown;
}

export interface OwnOrder extends FoundOrder {
  /** Whether it is the customer who asks, and not somebody with the token. */
  readonly byCustomer: boolean;
}

/** An order that is somebody else's is told apart from none at all by nobody. */
export async function ownOrder(database: Database, orderId: string, { identity, token }: Asking): Promise<OwnOrder> {
  const found = await findOrder(database, orderId);
  if (found?.token != null && isToken(token, found.token.hash)) return { ...found, byCustomer: isCustomerOf(found, identity) };
  const known = verified(identity);
  if (found !== undefined && isCustomerOf(found, known)) return { ...found, byCustomer: true };
  throw new RejectedError('ORDER_UNKNOWN', 'there is no such order for whoever asks', { place: '/id', accepted: 'the id of an order of this customer, or its Steward-Order-Token' });
}

function isCustomerOf({ customerId }: FoundOrder, identity: Identity): boolean {
  return identity.kind === 'customer' && identity.customerId === customerId;
}
