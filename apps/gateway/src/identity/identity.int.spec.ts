import { KeySet, manualClock, type ManualClock } from '@steward/platform';
import { bearer, eventually, testIssuer, type TestIssuer } from '@steward/testing';
import type { GatewayApi } from '../api/gateway-api';
import { apiOn, get, graphql, logger, stage } from '../fixtures/api.fixture.spec';
import { aPrice, aProduct, prices, products, start } from '../fixtures/read-model.fixture.spec';

let scene: Awaited<ReturnType<typeof stage>>;
let issuer: TestIssuer;
let api: GatewayApi;
const clock: ManualClock = manualClock(start);

beforeAll(async () => {
  scene = await stage();
  await products(scene.database, { key: 'cap', revision: 1, data: aProduct('cap') });
  await prices(scene.database, { key: 'all', revision: 1, data: aPrice('all', 'cap', 1_000) }, { key: 'club', revision: 1, data: aPrice('club', 'cap', 800, { customerGroup: 'club' }) });
  issuer = await testIssuer();
  api = await apiOn(scene.url, { clock, env: issuer.env });
  await eventually(() => issuer.asked() === 1);
});
afterAll(async () => {
  await api.stop();
  await issuer.stop();
  await scene.close();
});

const shown = (token: string, headers: Record<string, string> = {}) => get(api, '/v1/products/cap', { ...bearer(token), ...headers });
const signed = (claims: Record<string, unknown> = {}, more: Parameters<TestIssuer['token']>[1] = {}) => issuer.token(claims, { now: clock.now(), ...more });
const unsigned = (header: object): string => [header, { iss: 'https://issuer.example', aud: 'shop', sub: 's', iat: clock.now() / 1_000, exp: clock.now() / 1_000 + 600 }].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');

describe('a customer', () => {
  it('sees the prices of the group that the token says, kept by no shared cache', async () => {
    const { status, json, headers } = await shown(await signed({ steward_customer: 'c1', steward_group: 'club' }));
    expect([status, json.price.value?.minorUnits, headers.get('cache-control')]).toEqual([200, '800', 'private, no-cache']);
    expect(headers.get('steward-context')).toContain('customerGroup=club');
    const other = await get(api, '/v1/products/cap');
    expect([other.json.price.value?.minorUnits, other.headers.get('cache-control')?.startsWith('public')]).toEqual(['1000', true]);
    expect(other.headers.get('vary')).toContain('authorization');
  });

  it('is one of GraphQL too, and may not name another group than the own', async () => {
    const token = await signed({ steward_group: 'club' });
    const query = '{ product(sku: "cap") { price { value { minorUnits } } } }';
    expect((await graphql(api, query, bearer(token))).json.data.product.price.value?.minorUnits).toBe('800');
    const { status, json } = await shown(token, { 'steward-customer-group': 'staff' });
    expect([status, json.code]).toEqual([400, 'GATEWAY_CONTEXT_CONFLICT']);
    const directive = await graphql(api, 'query @inContext(customerGroup: "staff") { product(sku: "cap") { sku } }', bearer(token));
    expect(directive.json.errors[0]?.extensions.code).toBe('GATEWAY_CONTEXT_CONFLICT');
  });
});

describe('a token', () => {
  const refusedWith = async (token: string) => {
    const { status, json, headers } = await shown(token);
    return [status, json.code, headers.get('www-authenticate'), headers.get('cache-control')];
  };
  const refused = [401, 'IDENTITY_TOKEN_REFUSED', 'Bearer error="invalid_token"', 'no-store'];

  it.each<[string, () => Promise<string> | string]>([
    ['unsigned (alg: none)', () => `${unsigned({ alg: 'none' })}.`],
    ['signed with a symmetric key', () => `${unsigned({ alg: 'HS256', kid: 'first' })}.AAAA`],
    ['of another issuer', () => signed({ iss: 'https://other.example' })],
    ['for another audience', () => signed({ aud: 'other' })],
    ['for nobody', () => signed({ aud: undefined })],
    ['without a subject', () => signed({ sub: undefined })],
    ['without an expiry', () => signed({ exp: undefined })],
    ['without its time', () => signed({ iat: undefined })],
    ['not valid yet', () => signed({ nbf: clock.now() / 1_000 + 60 })],
    ['with a group that is none', () => signed({ steward_group: 'a b' })],
    ['with a customer that is none', () => signed({ steward_customer: 7 })],
    ['of a foreign key under a known name', async () => signed({}, { signing: await issuer.key('first') })],
    ['of an algorithm that is not pinned', async () => {
      const weak = await issuer.key('weak', 'ES384');
      issuer.answers([weak]);
      clock.advance(60_000);
      return signed({}, { signing: weak });
    }],
    ['that is none', () => 'abc'],
  ])('%s is refused', async (_name, make) => {
    expect(await refusedWith(await make())).toEqual(refused);
  });

  it('whose payload was changed is refused', async () => {
    const [header, payload = '', signature] = (await signed({ steward_group: 'public' })).split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
    const forged = Buffer.from(JSON.stringify({ ...claims, steward_group: 'club' })).toString('base64url');
    expect(await refusedWith([header, forged, signature].join('.'))).toEqual(refused);
  });

  it('that has expired has a code of its own, at GraphQL too', async () => {
    const token = await signed();
    clock.advance(606_000);
    expect((await refusedWith(token)).slice(0, 2)).toEqual([401, 'IDENTITY_TOKEN_EXPIRED']);
    const { status, json, headers } = await graphql(api, '{ __typename }', bearer(token));
    expect([status, json.errors[0]?.extensions.code, headers.get('www-authenticate')]).toEqual([401, 'IDENTITY_TOKEN_EXPIRED', 'Bearer error="invalid_token"']);
  });

  it.each(['RS256', 'ES256'])('of a new %s key is accepted without a restart', async (alg) => {
    const next = await issuer.key('next', alg);
    issuer.answers([next]);
    clock.advance(60_000);
    expect((await shown(await signed({}, { signing: next }))).status).toBe(200);
  });

  it('where no issuer is configured is refused', async () => {
    const lonely = await apiOn(scene.url, { clock });
    try {
      const { status, json } = await get(lonely, '/v1/products/cap', bearer(await signed()));
      expect([status, json.code]).toEqual([401, 'IDENTITY_TOKEN_REFUSED']);
    } finally {
      await lonely.stop();
    }
  });

  it('needs issuer, audience and keys together', async () => {
    await expect(apiOn(scene.url, { env: { STEWARD_AUTH_ISSUER: 'https://issuer.example' } })).rejects.toThrow(/ENV_INVALID.*STEWARD_AUTH_AUDIENCE and STEWARD_AUTH_JWKS_URL missing/);
  });
});

describe('the keys of the issuer', () => {
  it('are asked for once in a while, however many made-up key ids come', async () => {
    clock.advance(60_000);
    const before = issuer.asked();
    const made = await issuer.key('made-up');
    const tokens = await Promise.all(Array.from({ length: 20 }, () => signed({}, { signing: made })));
    expect((await Promise.all(tokens.map((token) => shown(token)))).map(({ status }) => status)).toEqual(Array(20).fill(401));
    expect(issuer.asked() - before).toBe(1);
  });

  it('stay good while the issuer is down, for a day', async () => {
    const last = await issuer.key('last');
    issuer.answers([last]);
    clock.advance(60_000);
    expect((await shown(await signed({}, { signing: last }))).status).toBe(200);
    issuer.answers('error');
    clock.advance(23 * 3_600_000);
    const late = () => signed({}, { signing: last });
    expect((await shown(await late())).headers.get('x-degraded')).not.toContain('identity');
    clock.advance(2 * 3_600_000);
    const { status, headers } = await shown(await late());
    expect([status, headers.get('x-degraded')]).toEqual([200, expect.stringMatching(/, identity;reason=unavailable$/)]);
  });

  it('I7: if never read, reads are a guest’s and say so', async () => {
    issuer.answers('error');
    const cold = await apiOn(scene.url, { clock, env: issuer.env });
    try {
      const { status, json, headers } = await get(cold, '/v1/products/cap', bearer(await signed({ steward_group: 'club' })));
      expect([status, json.price.value?.minorUnits, headers.get('x-degraded'), headers.get('cache-control')]).toEqual([200, '1000', expect.stringContaining('identity;reason=unavailable'), 'private, no-cache']);
    } finally {
      await cold.stop();
    }
  });

  it('that are no key set change nothing', async () => {
    const answers: unknown[] = [{ keys: [] }, { keys: 'none' }, null];
    const keys = new KeySet({ read: () => Promise.resolve(answers.shift() as never), clock, logger });
    expect(await keys.refresh()).toBe(true);
    clock.advance(30_000);
    expect(await keys.refresh()).toBe(false);
    clock.advance(30_000);
    expect(await keys.refresh()).toBe(false);
    await expect(keys.find({ alg: 'EdDSA', kid: 'x' }, { payload: '', signature: '', protected: '' })).rejects.toThrow('no applicable key');
  });
});
