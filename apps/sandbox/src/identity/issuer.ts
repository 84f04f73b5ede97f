// An OpenID Connect issuer without people: it signs whatever the control API says.
// 1. Keys are made when they are first needed and kept in the journal: tokens outlive a restart.
// 2. After a rotation the keys before it still verify, as long as they are not forgotten.
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, SignJWT, type JWK } from 'jose';
import { z } from 'zod';
import type { Clock } from '@steward/platform';
import { identityKeys, type Fields } from '../records/collections';
import type { Store } from '../store/store';

export const algorithms = ['EdDSA', 'RS256', 'ES256'] as const;
type Algorithm = (typeof algorithms)[number];

export const tokenBody = z.strictObject({
  sub: z.string().min(1).max(255),
  customerId: z.string().min(1).optional(),
  customerGroup: z.string().min(1).optional(),
  /** What an operator may do: `operator:Catalogue`, `admin:*`. */
  roles: z.array(z.string().min(1)).optional(),
  /** Negative: it has expired already. */
  ttlSeconds: z.int().min(-86_400).max(31_536_000).default(3_600),
  audience: z.string().min(1).default('storefront'),
  issuer: z.string().min(1).optional(),
  algorithm: z.enum(algorithms).default('EdDSA'),
  claims: z.record(z.string(), z.unknown()).default({}),
});

export interface Issuer {
  readonly issue: (wanted: z.output<typeof tokenBody>) => Promise<{ readonly token: string; readonly expiresAt: string }>;
  readonly publicKeys: () => Promise<readonly JWK[]>;
  /** New keys sign from now on. */
  readonly rotate: (forgetOld: boolean) => Promise<readonly JWK[]>;
}

export function createIssuer(store: Store, clock: Clock, address: () => string): Issuer {
  // Made one after the other: two requests at once must not make two first keys.
  let making: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(act: () => Promise<T>): Promise<T> => {
    const turn = making.then(act);
    making = turn.catch(() => undefined);
    return turn;
  };
  const keysOf = (algorithm?: Algorithm): JWK[] => {
    const known = store.of(identityKeys).all().toSorted((a, b) => b.version - a.version);
    return known.map(({ json }) => (JSON.parse(json) as { jwk: JWK }).jwk).filter(({ alg }) => algorithm === undefined || alg === algorithm);
  };
  const make = async (algorithm: Algorithm): Promise<JWK> => {
    const jwk = await newKey(algorithm);
    store.commit([{ spec: identityKeys, id: jwk.kid ?? '', record: { jwk: jwk as Fields } }], () => undefined);
    return jwk;
  };
  /** All of them at once, so that whoever fetched the key set has the key of the next token. */
  const ready = (): Promise<void> =>
    inTurn(async () => {
      for (const algorithm of algorithms) if (keysOf(algorithm).length === 0) await make(algorithm);
    });
  return {
    issue: async ({ sub, customerId, customerGroup, roles, ttlSeconds, audience, issuer, algorithm, claims }) => {
      await ready();
      const [jwk] = keysOf(algorithm);
      if (!jwk) throw new TypeError(`no key for ${algorithm}`);
      const now = Math.floor(clock.now() / 1000);
      const ours = { ...(customerId === undefined ? {} : { steward_customer: customerId }), ...(customerGroup === undefined ? {} : { steward_group: customerGroup }), ...(roles === undefined ? {} : { steward_roles: roles }) };
      // Issued before it expired, also when it has expired.
      const token = new SignJWT({ iss: issuer ?? address(), sub, aud: audience, iat: Math.min(now, now + ttlSeconds), exp: now + ttlSeconds, ...ours, ...claims });
      return { token: await token.setProtectedHeader({ alg: algorithm, kid: jwk.kid ?? '', typ: 'JWT' }).sign(await importJWK(jwk, algorithm)), expiresAt: new Date((now + ttlSeconds) * 1000).toISOString() };
    },
    publicKeys: async () => {
      await ready();
      return keysOf().map(toPublic);
    },
    rotate: async (forgetOld) => {
      await inTurn(async () => {
        const old = store.of(identityKeys).all().map(({ id }) => id);
        for (const algorithm of algorithms) await make(algorithm);
        if (forgetOld) store.commit(old.map((id) => ({ spec: identityKeys, id, record: null })), () => undefined);
      });
      return keysOf().map(toPublic);
    },
  };
}

async function newKey(algorithm: Algorithm): Promise<JWK> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: algorithm, use: 'sig' };
}

function toPublic({ kty, crv, x, y, n, e, kid, alg, use }: JWK): JWK {
  return Object.fromEntries(Object.entries({ kty, crv, x, y, n, e, kid, alg, use }).filter(([, value]) => value !== undefined)) as JWK;
}
