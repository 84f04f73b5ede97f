import { manualClock, type Database } from '@steward/platform';
import type { GatewayApi } from '../api/gateway-api';
import { apiOn, get, graphql, stage } from '../fixtures/api.fixture.spec';
import { aLevel, aProduct, products, start, stock } from '../fixtures/read-model.fixture.spec';
import { applyClaims, recordClaim } from '../freshness/progress.store';

let scene: Awaited<ReturnType<typeof stage>>;
let database: Database;
let api: GatewayApi;
const clock = manualClock(start + 5_000);

beforeAll(async () => {
  scene = await stage();
  database = scene.database;
  api = await apiOn(scene.url, { clock });
  await products(
    database,
    { key: 'shirt', revision: 1, data: aProduct('shirt', { variants: [{ sku: 'shirt/S', attributes: { size: 'S' } }, { sku: 'shirt-M', attributes: { size: 'M' } }] }) },
    { key: 'cap', revision: 1, data: aProduct('cap', { attributes: { weight: 3, tags: ['a', 'b'] } }) },
    { key: 'mütze 1', revision: 1, data: aProduct('mütze 1', { texts: { fr: { name: 'Bonnet', slug: 'bonnet' } } }) },
  );
  await stock(database, { data: aLevel('shirt/S', 'main', 8), revision: 1 }, { data: aLevel('shirt-M', 'main', 0), revision: 1 }, { data: aLevel('cap', 'main', 3), revision: 1 });
  await database.transaction(async (tx) => {
    for (const [system, entity, stream] of [['pim', 'product', 'PIM_STATE'], ['erp', 'stock-level', 'ERP_STATE'], ['pricing', 'price', 'PRICING_STATE']] as const) {
      await recordClaim(tx, { system, entity, completeUpTo: new Date(start).toISOString(), stream, epoch: 'e', sequence: 1 });
      await applyClaims(tx, [{ system, entity, stream, epoch: 'e', sequence: 1 }]);
    }
  });
});
afterAll(async () => {
  await api.stop();
  await scene.close();
});

describe('REST', () => {
  it('answers by product id and by variant SKU, encoded as a path may be', async () => {
    const own = await get(api, '/v1/products/shirt');
    expect(own.status).toBe(200);
    expect(own.json).toMatchObject({ id: 'shirt', sku: 'shirt', name: 'Shirt shirt', availability: { state: 'IN_STOCK', quantity: 8, stale: false } });
    expect(own.json.variants.map(({ sku, availability }) => [sku, availability.state, availability.quantity])).toEqual([['shirt/S', 'IN_STOCK', 8], ['shirt-M', 'OUT_OF_STOCK', 0]]);
    expect((await get(api, '/v1/products/shirt%2FS')).json.id).toBe('shirt');
    expect((await get(api, `/v1/products/${encodeURIComponent('mütze 1')}`)).json.name).toBe('Bonnet');
  });

  it('shows the asked language, falls back, and echoes the context that was really used', async () => {
    const german = await get(api, '/v1/products/cap', { 'steward-language': 'de-AT', 'steward-market': 'us' });
    expect(german.json).toMatchObject({ name: 'Hemd cap', language: 'de' });
    expect(german.headers.get('content-language')).toBe('de');
    expect(german.headers.get('steward-context')).toBe('market=us, language=de, currency=USD, customerGroup=public');
    expect(german.headers.get('vary')).toContain('steward-language');
    expect((await get(api, '/v1/products/cap', { 'steward-language': 'it' })).json.language).toBe('en');
  });

  it('gives a strong ETag and 304, and lets caches serve old copies while it is asked and when it fails', async () => {
    const { headers } = await get(api, '/v1/products/cap');
    const etag = headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]{27}"$/);
    expect(headers.get('cache-control')).toBe('public, max-age=5, stale-while-revalidate=30, stale-if-error=86400');
    const again = await get(api, '/v1/products/cap', { 'if-none-match': `W/"other", ${etag}` });
    expect([again.status, again.json, again.headers.get('etag')]).toEqual([304, null, etag]);
    expect((await get(api, '/v1/products/cap', { 'if-none-match': '"other"' })).status).toBe(200);
    expect((await get(api, '/v1/products/cap', { 'if-none-match': etag, 'steward-language': 'de' })).status).toBe(200);
  });

  it('walks all products by opaque cursors', async () => {
    interface List {
      items: { id: string }[];
      page: { next: string | null; hasNext: boolean };
    }
    const first = await get<List>(api, '/v1/products?first=2');
    expect(first.json.items.map(({ id }) => id)).toEqual(['cap', 'mütze 1']);
    expect(first.headers.get('link')).toContain('rel="next"');
    const second = await get<List>(api, `/v1/products?first=2&after=${first.json.page.next ?? ''}`);
    expect(second.json).toMatchObject({ items: [{ id: 'shirt' }], page: { hasNext: false, next: null } });
    expect((await get(api, '/v1/products?first=2', { 'if-none-match': first.headers.get('etag') ?? '' })).status).toBe(304);
    const [all, more] = [await get<List>(api, '/v1/products?first=3'), await get<List>(api, '/v1/products?first=4')];
    expect(more.json.items).toEqual(all.json.items);
    expect(more.headers.get('etag')).not.toBe(all.headers.get('etag')); // what else is in the body counts too
  });

  it('tells a product it does not know from a route it does not have', async () => {
    const unknown = await get(api, '/v1/products/nothing');
    expect(unknown.status).toBe(404);
    expect(unknown.headers.get('content-type')).toContain('application/problem+json');
    expect(unknown.headers.get('cache-control')).toBe('no-store');
    expect(unknown.json).toMatchObject({ code: 'GATEWAY_PRODUCT_UNKNOWN', status: 404, traceId: expect.stringMatching(/^[0-9a-f]{32}$/) as string });
    expect((await get(api, '/v2')).json).toMatchObject({ code: 'GATEWAY_ROUTE_UNKNOWN' });
    expect((await get(api, '/v1/products/a%00b')).json).toMatchObject({ code: 'GATEWAY_PRODUCT_UNKNOWN' });
  });

  it('has probes on the storefront port and on the health port', async () => {
    expect((await get(api, '/livez')).status).toBe(200);
    expect((await get(api, '/readyz')).status).toBe(200);
    expect((await fetch(`${api.url}/readyz`)).status).toBe(200);
    expect((await get<unknown>(api, '/v1/products/cap')).headers.get('cache-status')).toContain('steward-gateway');
  });
});

describe('GraphQL', () => {
  const fields = 'sku name language availability { state quantity asOf stale } variants { sku availability { state quantity } } attributes { name values }';

  it('answers a product with its availability and that of its variants', async () => {
    const { status, json } = await graphql(api, `{ product(sku: "shirt-M") { ${fields} } }`);
    expect(status).toBe(200);
    expect(json.data.product).toEqual({
      sku: 'shirt',
      name: 'Shirt shirt',
      language: 'en',
      availability: { state: 'IN_STOCK', quantity: 8, asOf: new Date(start).toISOString(), stale: false },
      variants: [{ sku: 'shirt/S', availability: { state: 'IN_STOCK', quantity: 8 } }, { sku: 'shirt-M', availability: { state: 'OUT_OF_STOCK', quantity: 0 } }],
      attributes: [{ name: 'colour', values: ['red'] }],
    });
    expect((await graphql(api, '{ product(sku: "cap") { attributes { name values } } }')).json.data.product.attributes).toEqual([{ name: 'weight', values: ['3'] }, { name: 'tags', values: ['a', 'b'] }]);
    expect((await graphql(api, '{ product(sku: "nothing") { sku } }')).json).toMatchObject({ data: { product: null } });
  });

  it('gives the same answer interpreted, compiled and stored', async () => {
    const query = `query Again($sku: String!) { product(sku: $sku) { ${fields} } }`;
    const answers = [];
    // A variable that the document does not know makes another request of it: executed again, and compiled from the third time on.
    for (const time of [0, 1, 2, 3, 4, 4, 4]) answers.push(JSON.stringify((await graphql(api, { query, variables: { sku: 'cap', time } })).json));
    expect(new Set(answers).size).toBe(1);
    expect((await graphql(api, { query, variables: { sku: 'shirt' } })).json.data.product.sku).toBe('shirt');
  });

  it('tells the operations of one document apart, also when compiled', async () => {
    const query = 'query A { product(sku: "cap") { sku } } query B { product(sku: "shirt") { sku } }';
    // `time` keeps stored answers out of it.
    for (let time = 0; time < 5; time++)
      for (const [operationName, sku] of [['A', 'cap'], ['B', 'shirt']] as const)
        expect((await graphql(api, { query, operationName, variables: { time } })).json.data.product.sku).toBe(sku);
  });

  it('takes the context once per query, from the directive or the headers, and echoes it', async () => {
    const query = 'query Q($language: String) @inContext(language: $language, market: "us") { product(sku: "cap") { name } }';
    const { json } = await graphql(api, { query, variables: { language: 'de' } }, { 'steward-currency': 'EUR' });
    expect(json.data.product.name).toBe('Hemd cap');
    expect(json.extensions.context).toEqual({ market: 'us', language: 'de', currency: 'EUR', channel: null, customerGroup: 'public' });
    expect((await graphql(api, '{ product(sku: "cap") { name } }', { 'steward-language': 'de' })).json.data.product.name).toBe('Hemd cap');
    expect((await graphql(api, '{ product(sku: "cap") { name } }')).json.data.product.name).toBe('Shirt cap');
  });

  it('pages by Relay connections and tells the cost', async () => {
    const query = 'query P($after: String) { products(first: 2, after: $after) { edges { cursor node { sku } } pageInfo { hasNextPage hasPreviousPage endCursor } } }';
    const first = (await graphql(api, { query })).json;
    expect(first.data.products.edges.map(({ node }) => node.sku)).toEqual(['cap', 'mütze 1']);
    expect(first.extensions.cost).toEqual({ requested: 2, limit: 1_000 });
    const second = (await graphql(api, { query, variables: { after: first.data.products.pageInfo['endCursor'] } })).json;
    expect(second.data.products.edges.map(({ node }) => node.sku)).toEqual(['shirt']);
    expect(second.data.products.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
  });

  it('answers GET with an ETag', async () => {
    const path = `/graphql?query=${encodeURIComponent('{ product(sku: "cap") { sku } }')}`;
    const { headers, json } = await get<{ data: unknown }>(api, path);
    expect(json.data).toEqual({ product: { sku: 'cap' } });
    expect((await get(api, path, { 'if-none-match': headers.get('etag') ?? '' })).status).toBe(304);
  });

  it('says of a kept answer too which context it was made for', async () => {
    const path = `/graphql?query=${encodeURIComponent('query @inContext(market: "us") { product(sku: "cap") { sku } }')}`;
    const told = [await get(api, path), await get(api, path)].map(({ headers }) => headers.get('steward-context'));
    expect(told).toEqual(Array(2).fill('market=us, language=en, currency=USD, customerGroup=public'));
  });

  it('O8: degrades a field and not the page, and says so in the header and in extensions', async () => {
    clock.advance(20 * 60_000);
    const rest = await get(api, '/v1/products/cap');
    expect(rest.status).toBe(200);
    expect(rest.json).toMatchObject({ name: 'Shirt cap', stale: false, availability: { state: 'UNKNOWN', quantity: null, stale: true, asOf: new Date(start).toISOString() } });
    expect(rest.headers.get('x-degraded')).toBe('availability;reason=stale');
    expect(rest.headers.get('cache-control')).toContain('max-age=1,');
    const { json } = await graphql(api, '{ product(sku: "cap") { availability { state } } }');
    expect(json.extensions.degraded).toEqual([{ product: 'cap', sku: 'cap', field: 'availability', reason: 'stale', asOf: new Date(start).toISOString() }]);
  });
});
