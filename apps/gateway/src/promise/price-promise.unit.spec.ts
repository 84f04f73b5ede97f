import { createLogger } from '@steward/platform';
import { exportJWK, generateKeyPair, importJWK, jwtVerify, SignJWT, UnsecuredJWT, type JWTPayload } from 'jose';
import { type PricePromise } from '@steward/contracts';
import { PRICE_PROMISE, readPricePromise, readShippingPromise, SHIPPING_PROMISE } from './price-promise';
import { openPromiseKeys, promiseKeysFor, type PromiseKeys } from './promise-keys';

const at = Date.parse('2026-11-24T10:00:00.000Z');
const claims: PricePromise = { sku: 'cap', qty: 2, unit: 1_000, disc: 0, cur: 'EUR', mkt: 'eu', grp: 'public', tax: 'included', rate: 1_900, pid: 'p', prev: 3, promo: [], sub: null, iat: at / 1_000, exp: at / 1_000 + 900 };

const guests = claims as unknown as JWTPayload; // `sub` is null
const key = async (kid: string) => ({ ...(await exportJWK((await generateKeyPair('EdDSA', { extractable: true })).privateKey)), kid });
const text = (...keys: object[]) => JSON.stringify({ keys });

describe('a price promise', () => {
  let keys: PromiseKeys;
  beforeAll(async () => {
    keys = await openPromiseKeys(text(await key('one')));
  });

  it('says what was signed until it expires', async () => {
    const token = await keys.sign(PRICE_PROMISE, claims);
    expect(await readPricePromise(keys, token, at + 899_999)).toEqual({ kind: 'valid', claims });
    expect(await readPricePromise(keys, token, at + 900_000)).toEqual({ kind: 'expired', claims });
  });

  it('can be verified with the public set alone', async () => {
    const { keys: found } = JSON.parse(keys.publicSet) as { keys: Record<string, string>[] };
    expect(found.map((each) => Object.keys(each).toSorted())).toEqual([['alg', 'crv', 'kid', 'kty', 'use', 'x']]);
    const { payload } = await jwtVerify(await keys.sign(PRICE_PROMISE, claims), await importJWK(found[0] ?? {}, 'EdDSA'), { typ: PRICE_PROMISE, currentDate: new Date(at) });
    expect(payload).toMatchObject({ sku: 'cap', unit: 1_000 });
  });

  it.each<[string, (token: string) => Promise<string> | string]>([
    ['with another price', (token) => token.replace(/\..*\./, `.${Buffer.from(JSON.stringify({ ...claims, unit: 1 })).toString('base64url')}.`)],
    ['of a foreign key under our key id', async () => new SignJWT(guests).setProtectedHeader({ alg: 'EdDSA', kid: 'one', typ: PRICE_PROMISE }).sign((await generateKeyPair('EdDSA')).privateKey)],
    ['of an unknown key', async () => new SignJWT(guests).setProtectedHeader({ alg: 'EdDSA', kid: 'two', typ: PRICE_PROMISE }).sign((await generateKeyPair('EdDSA')).privateKey)],
    ['unsigned (alg: none)', () => new UnsecuredJWT(guests).encode()],
    ['of another type', () => keys.sign('JWT', claims)],
    ['for shipping', () => keys.sign(SHIPPING_PROMISE, { ...claims, method: 'standard' })],
    ['with claims that are none', () => keys.sign(PRICE_PROMISE, { ...claims, qty: 0.5 })],
    ['that is none', () => 'abc'],
  ])('%s is forged', async (_name, make) => {
    expect(await readPricePromise(keys, await make(await keys.sign(PRICE_PROMISE, claims)), at)).toEqual({ kind: 'forged' });
  });

  it('is no promise of shipping', async () => {
    expect(await readShippingPromise(keys, await keys.sign(PRICE_PROMISE, claims), at)).toEqual({ kind: 'forged' });
  });
});

describe('the keys', () => {
  it('rotate with an overlap: the new one signs while promises of the old one hold', async () => {
    const [old, next] = [await key('old'), await key('next')];
    const before = await openPromiseKeys(text(old));
    const during = await openPromiseKeys(text(next, old));
    const after = await openPromiseKeys(text(next));
    const [early, late] = [await before.sign(PRICE_PROMISE, claims), await during.sign(PRICE_PROMISE, claims)];
    expect((await readPricePromise(during, early, at)).kind).toBe('valid');
    expect((await readPricePromise(before, late, at)).kind).toBe('forged');
    expect([(await readPricePromise(after, late, at)).kind, (await readPricePromise(after, early, at)).kind]).toEqual(['valid', 'forged']);
  });

  it('are refused without quoting them, whatever is wrong', async () => {
    const good = await key('a');
    const { d } = good;
    const { d: _d, ...publicOnly } = good;
    const other = await key('b');
    for (const bad of ['', '[]', text(), text(publicOnly), text(good, good), text({ ...good, crv: 'X25519' }), text({ ...good, x: other.x })]) {
      const error = await openPromiseKeys(bad).then(() => undefined, (thrown: Error) => thrown);
      expect(error?.message).toMatch(/^ENV_INVALID: .*at STEWARD_PROMISE_KEYS/);
      expect(error?.message).not.toContain(d);
    }
  });

  it('are made by the process itself everywhere but in production', async () => {
    const logger = createLogger({ service: 'gateway', level: 'silent' });
    expect(await promiseKeysFor(undefined, 'production', logger)).toBeUndefined();
    expect(await promiseKeysFor(undefined, 'development', logger)).toBeDefined();
  });
});
