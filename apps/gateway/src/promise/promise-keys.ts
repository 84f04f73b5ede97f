/**
 * Keys that price promises are signed with (Ed25519). The first of the set signs, each verifies: a new key is put second until every
 * verifier has read the public set, then first, and the old one is taken out when its last promise has expired.
 */
import { CompactSign, compactVerify, exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK } from 'jose';
import { StewardError, type Logger } from '@steward/platform';
import { z } from 'zod';

const ALGORITHM = 'EdDSA';

export interface PromiseKeys {
  /** JWS in compact form. `type` tells kinds of promises apart, so that none passes for another. */
  readonly sign: (type: string, claims: object) => Promise<string>;
  /** The claims as signed, or undefined when no key of ours signed them as this type. Says nothing of their expiry. */
  readonly verify: (type: string, token: string) => Promise<unknown>;
  /** A JSON Web Key Set without private parts. */
  readonly publicSet: string;
}

const base64url = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const keySet = z.object({ keys: z.array(z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), kid: z.string().min(1).max(100), x: base64url, d: base64url })).min(1) });

/** `text`: a JSON Web Key Set with private keys. */
export async function openPromiseKeys(text: string): Promise<PromiseKeys> {
  const accepted = '{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"…","x":"…","d":"…"}, …]}, each kid once';
  const refused = (detail: string, cause?: unknown) => new StewardError('ENV_INVALID', detail, { place: 'STEWARD_PROMISE_KEYS', accepted, cause });
  let keys: z.output<typeof keySet>['keys'];
  try {
    ({ keys } = keySet.parse(JSON.parse(text)));
  } catch {
    // No cause: it would quote the key.
    throw refused('no JSON Web Key Set of private Ed25519 keys');
  }
  if (new Set(keys.map(({ kid }) => kid)).size < keys.length) throw refused('two keys have the same kid');
  const opened = await Promise.all(keys.map(async (jwk) => ({ jwk, privateKey: await imported(jwk), publicKey: await imported(withoutPrivate(jwk)) }))).catch(() => undefined);
  const [signing] = opened ?? [];
  if (opened === undefined || signing === undefined) throw refused('a key is none of Ed25519');
  const verifying = new Map(opened.map(({ jwk, publicKey }) => [jwk.kid, publicKey]));
  const keysOf: PromiseKeys = {
    sign: (type, claims) => new CompactSign(Buffer.from(JSON.stringify(claims))).setProtectedHeader({ alg: ALGORITHM, kid: signing.jwk.kid, typ: type }).sign(signing.privateKey),
    verify: async (type, token) => {
      try {
        const { payload, protectedHeader } = await compactVerify(token, ({ kid = '' }) => verifying.get(kid) ?? Promise.reject(new Error('unknown key')), { algorithms: [ALGORITHM] });
        return protectedHeader.typ === type ? JSON.parse(Buffer.from(payload).toString()) : undefined;
      } catch {
        return undefined;
      }
    },
    publicSet: JSON.stringify({ keys: opened.map(({ jwk }) => ({ ...withoutPrivate(jwk), alg: ALGORITHM, use: 'sig' })) }),
  };
  // A private part that doesn't belong to its public one would be found by the first shopper.
  if ((await keysOf.verify('probe', await keysOf.sign('probe', {}))) === undefined) throw refused('the first key does not verify what it signs');
  return keysOf;
}

/** The keys of the environment; outside production a key that lives as long as the process; undefined = nothing can be promised. */
export async function promiseKeysFor(text: string | undefined, mode: string, logger: Logger): Promise<PromiseKeys | undefined> {
  if (text !== undefined) return openPromiseKeys(text);
  if (mode === 'production') {
    logger.warn('no STEWARD_PROMISE_KEYS: the catalogue is shown, and nothing can be ordered');
    return undefined;
  }
  return openPromiseKeys(await newKeySet());
}

async function newKeySet(): Promise<string> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  return JSON.stringify({ keys: [{ ...(await exportJWK(privateKey)), kid: 'of-this-process' }] });
}

const imported = async (jwk: JWK): Promise<CryptoKey> => (await importJWK(jwk, ALGORITHM)) as CryptoKey;

function withoutPrivate({ kty, crv, kid, x }: z.output<typeof keySet>['keys'][number]) {
  return { kty, crv, kid, x };
}
