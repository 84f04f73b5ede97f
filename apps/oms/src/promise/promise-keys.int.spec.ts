import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLogger, manualClock } from '@steward/platform';
import { CompactSign, exportJWK, generateKeyPair } from 'jose';
import { promiseKeys } from './promise-keys.client';

const logger = createLogger({ service: 'keys-test', level: 'silent' });

async function newKey(kid: string) {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true });
  const sign = () => new CompactSign(Buffer.from('{"sku":"A"}')).setProtectedHeader({ alg: 'EdDSA', kid, typ: 'steward-price-promise+jwt' }).sign(privateKey);
  return { jwk: { ...(await exportJWK(publicKey)), kid, alg: 'EdDSA' }, sign };
}

describe('the keys of promises', () => {
  let server: Server;
  let url: string;
  let answer: () => { status: number; body: string };
  let asked = 0;
  const clock = manualClock();
  beforeAll(async () => {
    server = createServer((_request, response) => {
      asked += 1;
      const { status, body } = answer();
      response.writeHead(status).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/.well-known/jwks.json`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const publishes = (...jwks: object[]) => {
    answer = () => ({ status: 200, body: JSON.stringify({ keys: jwks }) });
  };
  const fails = () => {
    answer = () => ({ status: 503, body: '' });
  };

  it('are read once, again for a key that is new, and an order waits as long as there are none', async () => {
    const [old, next] = [await newKey('old'), await newKey('next')];
    const keys = promiseKeys({ from: { url }, clock, logger });
    fails();
    await expect(keys.claimsOf(await old.sign())).rejects.toMatchObject({ code: 'OMS_KEYS_UNAVAILABLE' });
    publishes(old.jwk);
    clock.advance(2_000);
    asked = 0;
    expect(await keys.claimsOf(await old.sign())).toEqual({ sku: 'A' });
    expect(await keys.claimsOf(await old.sign())).toEqual({ sku: 'A' });
    expect(asked).toBe(1);
    publishes(old.jwk, next.jwk);
    clock.advance(2_000);
    expect(await keys.claimsOf(await next.sign())).toEqual({ sku: 'A' });
    expect(asked).toBe(2);
  });

  it('that are unknown are no promise of ours, but only when the keys could be read', async () => {
    const [ours, other] = [await newKey('ours'), await newKey('other')];
    const keys = promiseKeys({ from: { url }, clock, logger });
    publishes(ours.jwk);
    clock.advance(2_000);
    expect(await keys.claimsOf(await other.sign())).toBeUndefined();
    fails();
    clock.advance(2_000);
    await expect(keys.claimsOf(await other.sign())).rejects.toMatchObject({ code: 'OMS_KEYS_UNAVAILABLE' });
    expect(await keys.claimsOf(await ours.sign())).toEqual({ sku: 'A' });
    asked = 0;
    for (let times = 0; times < 20; times += 1) await keys.claimsOf(await other.sign()).catch(() => undefined);
    expect(asked).toBeLessThanOrEqual(1);
  });
});
