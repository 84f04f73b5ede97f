import { RejectedError, StewardError } from '@steward/platform';

export interface Guest {
  readonly kind: 'guest';
}

export interface Customer {
  readonly kind: 'customer';
  readonly customerId: string;
  readonly customerGroup: string;
}

/** Somebody with a token that can't be checked now, because the issuer's keys were never read. Reads are answered as to a guest. */
export interface Unverified {
  readonly kind: 'unverified';
  readonly reason: StewardError;
}

export type Identity = Guest | Customer | Unverified;

/** One object for all of them: to compare with it is to ask whether a request has no token. */
export const guest: Guest = Object.freeze({ kind: 'guest' });

/** The group that prices are shown to; null = what the request asks for. */
export function groupOf(identity: Identity): string | null {
  return identity.kind === 'customer' ? identity.customerGroup : null;
}

/** Who it is where it matters: whoever can't be verified is refused, and not taken for somebody else. */
export function verified(identity: Identity): Guest | Customer {
  if (identity.kind === 'unverified') throw identity.reason;
  return identity;
}

export function customerOf(identity: Identity): Customer {
  const known = verified(identity);
  if (known.kind === 'customer') return known;
  throw new RejectedError('IDENTITY_REQUIRED', 'the request has no token', { place: 'authorization', accepted: 'Bearer <token of the issuer>' });
}

/** What an order, a key or a limit belongs to. All guests are one: what tells them apart is a secret that each of them keeps. */
export function nameOf(identity: Guest | Customer): string {
  return identity.kind === 'customer' ? `customer:${identity.customerId}` : 'guest';
}
