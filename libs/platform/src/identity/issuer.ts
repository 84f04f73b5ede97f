import { z } from 'zod';
import type { Clock } from '../clock/clock';
import { envTypes } from '../env/env-types';
import { StewardError } from '../errors/steward-error';
import type { Logger } from '../log/logger';
import { readKeySet } from './jwks.client';
import { KeySet } from './key-set';
import type { Issuer } from './tokens';

/** What a process that takes tokens is told of their issuer. */
export const issuerEnv = {
  STEWARD_AUTH_ISSUER: z.string().min(1).optional().describe("whose tokens are taken (`iss` of an OpenID Connect provider): those of customers at the gateway, of operators at operations; without it nobody can sign in"),
  STEWARD_AUTH_AUDIENCE: z.string().min(1).optional().describe('whom the tokens have to be made for (`aud`); needed with an issuer'),
  STEWARD_AUTH_JWKS_URL: envTypes.httpUrl.optional().describe('where the public keys of the issuer are (a JSON Web Key Set); needed with an issuer'),
};

const NAMES = ['STEWARD_AUTH_ISSUER', 'STEWARD_AUTH_AUDIENCE', 'STEWARD_AUTH_JWKS_URL'] as const;

/**
 * All three or none: without an audience, tokens made for another application would be accepted. `ahead`: the keys are fetched before the
 * first token needs them.
 */
export function issuerOf(env: Readonly<Partial<Record<(typeof NAMES)[number], string | undefined>>>, parts: { clock: Clock; logger: Logger; ahead?: boolean }): Issuer | undefined {
  const { STEWARD_AUTH_ISSUER: issuer, STEWARD_AUTH_AUDIENCE: audience, STEWARD_AUTH_JWKS_URL: url } = env;
  if (issuer !== undefined && audience !== undefined && url !== undefined) {
    const keys = new KeySet({ ...parts, read: () => readKeySet(url) });
    // Nobody waits for it.
    if (parts.ahead === true) void keys.refresh();
    return { issuer, audience, keys };
  }
  const missing = NAMES.filter((name) => env[name] === undefined);
  if (missing.length === NAMES.length) return undefined;
  throw new StewardError('ENV_INVALID', `${missing.join(' and ')} missing`, { place: missing[0] ?? NAMES[0], accepted: `${NAMES.join(', ')}: all of them or none` });
}
