import { StewardError, type Clock, type Logger } from '@steward/platform';
import type { ApiEnv } from '../env';
import { readKeySet } from './jwks.client';
import { KeySet } from './key-set';
import type { Issuer } from './tokens';

const NAMES = ['STEWARD_AUTH_ISSUER', 'STEWARD_AUTH_AUDIENCE', 'STEWARD_AUTH_JWKS_URL'] as const;

/** All three or none: an issuer whose audience is not told would let in tokens that were made for somebody else. */
export function issuerOf(env: Pick<ApiEnv, (typeof NAMES)[number]>, parts: { clock: Clock; logger: Logger }): Issuer | undefined {
  const { STEWARD_AUTH_ISSUER: issuer, STEWARD_AUTH_AUDIENCE: audience, STEWARD_AUTH_JWKS_URL: url } = env;
  if (issuer !== undefined && audience !== undefined && url !== undefined) {
    const keys = new KeySet({ ...parts, read: () => readKeySet(url) });
    // Nobody waits for it: reads need no keys, and the first token would ask for them anyway.
    void keys.refresh();
    return { issuer, audience, keys };
  }
  const missing = NAMES.filter((name) => env[name] === undefined);
  if (missing.length === NAMES.length) return undefined;
  throw new StewardError('ENV_INVALID', `${missing.join(' and ')} missing`, { place: missing[0] ?? NAMES[0], accepted: `${NAMES.join(', ')}: all of them or none` });
}
