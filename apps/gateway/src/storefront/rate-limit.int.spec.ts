import { manualClock } from '@steward/platform';
import type { GatewayApi } from '../api/gateway-api';
import { apiOn, get, graphql, stage } from '../fixtures/api.fixture.spec';
import { aProduct, products, start } from '../fixtures/read-model.fixture.spec';
import { clientOf } from './rate-limit';

let scene: Awaited<ReturnType<typeof stage>>;
let api: GatewayApi;
const clock = manualClock(start);
const from = (client: string) => ({ 'x-forwarded-for': client });

beforeAll(async () => {
  scene = await stage();
  api = await apiOn(scene.url, { clock, env: { STEWARD_GATEWAY_RATE_LIMIT: '100', STEWARD_GATEWAY_PROXIES: '1' } });
  await products(scene.database, { key: 'cap', revision: 1, data: aProduct('cap') });
});
afterAll(async () => {
  await api.stop();
  await scene.close();
});

const left = (headers: Headers): string | null => headers.get('ratelimit');

it('tells what is left, and a list costs what it may show', async () => {
  const product = await get(api, '/v1/products/cap', from('10.0.0.1'));
  expect([product.headers.get('ratelimit-policy'), left(product.headers)]).toEqual(['"default";q=100;w=60', '"default";r=99;t=60']);
  clock.advance(20_000);
  expect(left((await get(api, '/v1/products?first=50', from('10.0.0.1'))).headers)).toBe('"default";r=49;t=40');
  expect(left((await graphql(api, '{ products(first: 9) { nodes { sku } } }', from('10.0.0.1'))).headers)).toBe('"default";r=40;t=40');
});

it('refuses what is more than that with when to come back, and nobody else pays for it', async () => {
  const refused = await get(api, '/v1/products?first=250', from('10.0.0.2'));
  expect([refused.status, refused.json.code, refused.headers.get('retry-after'), refused.headers.get('cache-control')]).toEqual([429, 'GATEWAY_RATE_LIMITED', '60', 'no-store']);
  const query = '{ products(first: 100) { nodes { sku } } }';
  expect((await graphql(api, query, from('10.0.0.3'))).status).toBe(200);
  const again = await graphql(api, query, from('10.0.0.3'));
  expect([again.status, again.json.errors[0]?.extensions.code, again.headers.get('retry-after')]).toEqual([429, 'GATEWAY_RATE_LIMITED', '60']);
  expect((await get(api, '/v1/products/cap', from('10.0.0.4'))).status).toBe(200);
  clock.advance(60_000);
  expect((await graphql(api, query, from('10.0.0.3'))).status).toBe(200);
});

it('leaves probes alone', async () => {
  for (let time = 0; time < 150; time += 1) expect((await fetch(`${api.storefrontUrl}/livez`, { headers: from('10.0.0.5') })).status).toBe(200);
});

it.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8:1:2::9', '2001:db8:1:2'],
  ['2001:db8::9', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
])('counts %s as %s', (ip, client) => {
  expect(clientOf(ip)).toBe(client);
});
