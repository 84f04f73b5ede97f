/**
 * The public keys with which the gateway's price promises are verified.
 * 1. An order is judged wrong only by keys that could be read: without them it waits, it is not refused.
 * 2. A key that is not known is looked for once more, so a rotation needs no restart; at most once in `cooldownMs`, whatever comes.
 * 3. When they can't be read the last ones stay good: promises were made with them, and an order must not wait for the gateway.
 */
import { compactVerify, createLocalJWKSet, errors, type JSONWebKeySet } from 'jose';
import { type Clock, type Logger, StewardError } from '@steward/platform';
import { request } from 'undici';

export interface PromiseKeys {
  /** The claims as they were signed; undefined when none of the keys has signed this as a promise. Throws while there are no keys. */
  readonly claimsOf: (token: string) => Promise<unknown>;
}

export interface PromiseKeysOptions {
  /** A JSON Web Key Set as text, or where there is one. */
  readonly from: { readonly text: string } | { readonly url: string };
  readonly clock: Clock;
  readonly logger: Logger;
}

const type = 'steward-price-promise+jwt';
const freshMs = 10 * 60_000;
const cooldownMs = 1_000;
const answerWithinMs = 3_000;

type KeySet = ReturnType<typeof createLocalJWKSet>;

export function promiseKeys({ from, clock, logger }: PromiseKeysOptions): PromiseKeys {
  if ('text' in from) {
    const keys = createLocalJWKSet(toKeySet(from.text));
    return { claimsOf: (token) => verify(keys, token).then((found) => (found === 'unknown-key' ? undefined : found)) };
  }
  const { url } = from;
  let known: { keys: KeySet; readAt: number } | undefined;
  let triedAt = -Infinity;
  let reading: Promise<boolean> | undefined;

  const read = async (): Promise<boolean> => {
    triedAt = clock.now();
    try {
      const { statusCode, body } = await request(url, { headersTimeout: answerWithinMs, bodyTimeout: answerWithinMs });
      const text = await body.text();
      if (statusCode !== 200) throw new Error(`status ${statusCode}`);
      known = { keys: createLocalJWKSet(toKeySet(text)), readAt: clock.now() };
      return true;
    } catch (error) {
      logger.warn({ err: error }, 'the keys of price promises were not read');
      return false;
    }
  };
  const refresh = (): Promise<boolean> => {
    if (reading === undefined && clock.now() - triedAt < cooldownMs) return Promise.resolve(known !== undefined && known.readAt >= triedAt);
    return (reading ??= read().finally(() => (reading = undefined)));
  };
  const current = async (): Promise<KeySet> => {
    if (known === undefined) await refresh();
    else if (clock.now() - known.readAt >= freshMs) void refresh();
    if (known === undefined) throw new StewardError('OMS_KEYS_UNAVAILABLE', undefined, { place: url });
    return known.keys;
  };

  return {
    claimsOf: async (token) => {
      const found = await verify(await current(), token);
      if (found !== 'unknown-key') return found;
      if (!(await refresh())) throw new StewardError('OMS_KEYS_UNAVAILABLE', 'a promise names a key that is not among those last read', { place: url });
      const again = await verify(await current(), token);
      return again === 'unknown-key' ? undefined : again;
    },
  };
}

async function verify(keys: KeySet, token: string): Promise<unknown> {
  try {
    // The algorithm is ours to say, never the token's (`none`, or a public key taken for a shared secret).
    const { payload, protectedHeader } = await compactVerify(token, keys, { algorithms: ['EdDSA'] });
    return protectedHeader.typ === type ? JSON.parse(Buffer.from(payload).toString('utf8')) : undefined;
  } catch (error) {
    return error instanceof errors.JWKSNoMatchingKey ? 'unknown-key' : undefined;
  }
}

function toKeySet(text: string): JSONWebKeySet {
  const set: unknown = JSON.parse(text);
  if (typeof set !== 'object' || set === null || !('keys' in set) || !Array.isArray(set.keys)) throw new TypeError('no JSON Web Key Set');
  return set as JSONWebKeySet;
}
