import { scrape } from '@steward/platform';
import { apiOn, get, graphql, post, stage } from '../fixtures/api.fixture.spec';
import { aProduct, products } from '../fixtures/read-model.fixture.spec';
import type { GatewayApi } from './gateway-api';
import { laneOf } from './shed';

describe('R3: a gateway that is late', () => {
  let scene: Awaited<ReturnType<typeof stage>>;
  let api: GatewayApi;
  let late = 0;
  beforeAll(async () => {
    scene = await stage();
    api = await apiOn(scene.url, { env: { STEWARD_GATEWAY_SHED_MS: '100' }, lateMs: () => late });
    await products(scene.database, { key: 'cap', revision: 1, data: aProduct('cap') });
  });
  afterAll(async () => {
    await api.stop();
    await scene.close();
  });

  const statuses = async (): Promise<Record<string, number>> => ({
    list: (await get(api, '/v1/products')).status,
    sitemap: (await fetch(`${api.storefrontUrl}/sitemap.xml`)).status,
    page: (await get(api, '/v1/products/cap')).status,
    graphql: (await graphql(api, '{ product(sku: "cap") { sku } }')).status,
    checkout: (await post(api, '/v1/orders', {})).status,
    order: (await get(api, '/v1/orders/none')).status,
    livez: (await fetch(`${api.storefrontUrl}/livez`)).status,
    readyz: (await fetch(`${api.storefrontUrl}/readyz`)).status,
  });

  it('turns away lists and feeds first, then pages, the checkout last, probes never, and takes all again when it is not', async () => {
    const fine = await statuses();
    expect(Object.values(fine).filter((status) => status === 503)).toEqual([]);
    const shed = async (lateness: number): Promise<string[]> => {
      late = lateness;
      return Object.entries(await statuses()).filter(([, status]) => status === 503).map(([name]) => name);
    };
    expect(await shed(100)).toEqual([]);
    expect(await shed(150)).toEqual(['list', 'sitemap']);
    expect(await shed(400)).toEqual(['list', 'sitemap', 'page', 'graphql']);
    expect(await shed(2_000)).toEqual(['list', 'sitemap', 'page', 'graphql', 'checkout', 'order']);
    late = 0;
    expect(await statuses()).toEqual(fine);
  });

  it('says so with a code, when to come back, and counts it', async () => {
    late = 150;
    const refused = await get(api, '/v1/products');
    late = 0;
    expect([refused.status, refused.json.code, refused.headers.get('cache-control')]).toEqual([503, 'GATEWAY_OVERLOADED', 'no-store']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect((await scrape()).text).toMatch(/steward_shed_total\{dependency="storefront",lane="list"\} \d+/);
  });
});

it.each([
  ['/v1/orders', 'checkout'], ['/v1/orders/:id/events', 'checkout'], ['/v1/price-preview', 'checkout'], ['/v1/reservations/:id', 'checkout'], ['/v1/customer', 'checkout'], ['/.well-known/jwks.json', 'checkout'],
  ['/v1/products/:sku', 'page'], ['/v1/products/:sku/json-ld', 'page'], ['/v1/categories/:id', 'page'], ['/graphql', 'page'],
  ['/v1/products', 'list'], ['/feeds/:market/:language/merchant.xml', 'list'], ['/graphiql', 'list'], ['', 'list'],
])('%s is of lane %s', (route, lane) => {
  expect(laneOf(route)).toBe(lane);
});
