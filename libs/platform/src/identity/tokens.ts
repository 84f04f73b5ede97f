import { errors, jwtVerify, type JWTPayload } from 'jose';
import type { Clock } from '../clock/clock';
import { RejectedError, StewardError } from '../errors/steward-error';
import type { KeySet } from './key-set';

/** Who may issue tokens, and for whom they have to be made. */
export interface Issuer {
  readonly issuer: string;
  readonly audience: string;
  readonly keys: Pick<KeySet, 'find'>;
}

export type Claims = JWTPayload;

/** What a token says, or that it can't be checked now because the issuer's keys were never read. */
export type Verified = { readonly kind: 'claims'; readonly claims: Claims } | { readonly kind: 'unverified'; readonly reason: StewardError };

/** Pinned: what a token says of its own algorithm chooses among these and nothing else. */
const ALGORITHMS = ['EdDSA', 'RS256', 'ES256'];
const MOST_CHARACTERS = 8 * 1024;
/** Clocks of issuer and service may differ by so much. */
const TOLERANCE_S = 5;
const ACCEPTED = `Bearer <JWT>, signed by the issuer with ${ALGORITHMS.join(', ')}`;

/**
 * Verifies the value of an Authorization header. Throws IDENTITY_TOKEN_REFUSED or IDENTITY_TOKEN_EXPIRED. With `issuer` undefined nobody
 * can authenticate, and a request with a token is refused rather than treated as a guest's.
 */
export function tokenVerifier(issuer: Issuer | undefined, clock: Clock): (authorization: string) => Promise<Verified> {
  return async (authorization) => {
    const [, token] = /^Bearer +([\w.~+/-]+=*)$/i.exec(authorization) ?? [];
    if (token === undefined || token.length > MOST_CHARACTERS) throw tokenRefused('the header holds no bearer token');
    if (issuer === undefined) throw tokenRefused('no issuer is known here');
    try {
      const { payload } = await jwtVerify(token, issuer.keys.find, {
        algorithms: ALGORITHMS,
        issuer: issuer.issuer,
        audience: issuer.audience,
        requiredClaims: ['sub', 'iat', 'exp'],
        clockTolerance: TOLERANCE_S,
        currentDate: new Date(clock.now()),
      });
      return { kind: 'claims', claims: payload };
    } catch (error) {
      if (error instanceof StewardError && error.code === 'IDENTITY_UNAVAILABLE') return { kind: 'unverified', reason: error };
      if (error instanceof errors.JWTExpired) throw new RejectedError('IDENTITY_TOKEN_EXPIRED', 'the token has expired', { place: 'authorization', accepted: 'a token that is still valid', cause: error });
      // Jose's message names a claim or an algorithm, and never what was in it.
      if (error instanceof errors.JOSEError) throw tokenRefused(error.message, error);
      throw error;
    }
  };
}

/** The error for a token that this service does not accept; for claims too. */
export function tokenRefused(detail: string, cause?: unknown): RejectedError {
  return new RejectedError('IDENTITY_TOKEN_REFUSED', detail, { place: 'authorization', accepted: ACCEPTED, cause });
}
