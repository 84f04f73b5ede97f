import { hash } from 'node:crypto';
import { errors, jwtVerify, type JWTPayload } from 'jose';
import { RejectedError, StewardError, type Clock } from '@steward/platform';
import type { Customer, Unverified } from './identity';
import type { KeySet } from './key-set';

/** Who may issue tokens, and for whom they have to be made. */
export interface Issuer {
  readonly issuer: string;
  readonly audience: string;
  readonly keys: Pick<KeySet, 'find'>;
}

export type Authenticate = (authorization: string) => Promise<Customer | Unverified>;

/** Pinned: what a token says of its own algorithm chooses among these and nothing else. */
const ALGORITHMS = ['EdDSA', 'RS256', 'ES256'];
const MOST_CHARACTERS = 8 * 1024;
/** Clocks of issuer and gateway may differ by so much. */
const TOLERANCE_S = 5;
const ACCEPTED = `Bearer <JWT>, signed by the issuer with ${ALGORITHMS.join(', ')}`;
const GROUP = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** `issuer` undefined: nobody can authenticate, and whoever tries is told so rather than taken for a guest. */
export function authenticator(issuer: Issuer | undefined, clock: Clock): Authenticate {
  return async (authorization) => {
    const [, token] = /^Bearer +([\w.~+/-]+=*)$/i.exec(authorization) ?? [];
    if (token === undefined || token.length > MOST_CHARACTERS) throw refused('the header holds no bearer token');
    if (issuer === undefined) throw refused('no issuer is known here');
    try {
      const { payload } = await jwtVerify(token, issuer.keys.find, {
        algorithms: ALGORITHMS,
        issuer: issuer.issuer,
        audience: issuer.audience,
        requiredClaims: ['sub', 'iat', 'exp'],
        clockTolerance: TOLERANCE_S,
        currentDate: new Date(clock.now()),
      });
      return toCustomer(payload);
    } catch (error) {
      if (error instanceof StewardError && error.code === 'IDENTITY_UNAVAILABLE') return { kind: 'unverified', reason: error };
      if (error instanceof errors.JWTExpired) throw new RejectedError('IDENTITY_TOKEN_EXPIRED', 'the token has expired', { place: 'authorization', accepted: 'a token that is still valid', cause: error });
      // Jose's message names a claim or an algorithm, and never what was in it.
      if (error instanceof errors.JOSEError) throw refused(error.message, error);
      throw error;
    }
  };
}

function toCustomer(claims: JWTPayload): Customer {
  const { steward_customer: customerId = idOf(claims), steward_group: customerGroup = 'public' } = claims;
  if (typeof customerId !== 'string' || customerId === '' || customerId.length > 200) throw refused('the claim steward_customer is no id');
  if (typeof customerGroup !== 'string' || !GROUP.test(customerGroup)) throw refused('the claim steward_group is no group');
  return { kind: 'customer', customerId, customerGroup };
}

/** Whom the issuer tells no id of ours for has one made of the subject: always the same one, and no e-mail address can be read from it. */
function idOf({ iss = '', sub = '' }: JWTPayload): string {
  return `c-${hash('sha256', JSON.stringify([iss, sub]), 'base64url').slice(0, 27)}`;
}

function refused(detail: string, cause?: unknown): RejectedError {
  return new RejectedError('IDENTITY_TOKEN_REFUSED', detail, { place: 'authorization', accepted: ACCEPTED, cause });
}
