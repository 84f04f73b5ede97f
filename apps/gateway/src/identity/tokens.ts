import { hash } from 'node:crypto';
import { tokenRefused, tokenVerifier, type Claims, type Clock, type Issuer } from '@steward/platform';
import type { Customer, Unverified } from './identity';

export type Authenticate = (authorization: string) => Promise<Customer | Unverified>;

const GROUP = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** Whose token it is, as the storefront sees people. */
export function authenticator(issuer: Issuer | undefined, clock: Clock): Authenticate {
  const verify = tokenVerifier(issuer, clock);
  return async (authorization) => {
    const verified = await verify(authorization);
    return verified.kind === 'claims' ? toCustomer(verified.claims) : verified;
  };
}

function toCustomer(claims: Claims): Customer {
  const { steward_customer: customerId = idOf(claims), steward_group: customerGroup = 'public' } = claims;
  if (typeof customerId !== 'string' || customerId === '' || customerId.length > 200) throw tokenRefused('the claim steward_customer is no id');
  if (typeof customerGroup !== 'string' || !GROUP.test(customerGroup)) throw tokenRefused('the claim steward_group is no group');
  return { kind: 'customer', customerId, customerGroup };
}

/** Whom the issuer tells no id of ours for has one made of the subject: always the same one, and no e-mail address can be read from it. */
function idOf({ iss = '', sub = '' }: Claims): string {
  return `c-${hash('sha256', JSON.stringify([iss, sub]), 'base64url').slice(0, 27)}`;
}
