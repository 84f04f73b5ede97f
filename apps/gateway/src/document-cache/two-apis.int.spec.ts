import { Client } from 'pg';
import { ownPostgres, eventually } from '@steward/testing';
import { openDatabase } from '@steward/platform';
import { apiOn, get, graphql, logger, stage } from '../fixtures/api.fixture.spec';
import { aLevel, aProduct, products, stock } from '../fixtures/read-model.fixture.spec';
import { migrations } from '../database/migrations';

it('C11: a change reaches the memory of every API process, by key for small batches and by change row for big ones', async () => {
  const { url, database, close } = await stage();
  const apis = await Promise.all([apiOn(url), apiOn(url)]);
  try {
    const ids = Array.from({ length: 400 }, (_, index) => `a-rather-long-product-id-${String(index)}`);
    await products(database, ...ids.map((key) => ({ key, revision: 1, data: aProduct(key) })));
    const [some = ''] = ids;
    const quantities = () => Promise.all(apis.map(async (api) => (await get(api, `/v1/products/${some}`)).json.availability.quantity));
    const stored = () => Promise.all(apis.map(async (api) => (await graphql(api, `{ product(sku: "${some}") { name availability { quantity } } }`)).json.data.product));
    // 400 products just were written: an API that shares its core with that may shed for a moment.
    await eventually(async () => (await quantities()).every((quantity) => quantity === null));
    expect((await stored()).map(({ availability }) => availability.quantity)).toEqual([null, null]);

    await stock(database, { data: aLevel(some, 'main', 7), revision: 1, at: Date.now() });
    await eventually(async () => (await quantities()).every((quantity) => quantity === 7));
    expect((await stored()).map(({ availability }) => availability.quantity)).toEqual([7, 7]);

    await products(database, ...ids.map((key) => ({ key, revision: 2, data: aProduct(key, { texts: { en: { name: 'Renamed', slug: 'r' } } }) })));
    await eventually(async () => (await stored()).every(({ name }) => name === 'Renamed'));
    await products(database, { key: some, revision: 3, data: null });
    await eventually(async () => (await Promise.all(apis.map((api) => get(api, `/v1/products/${some}`)))).every(({ status }) => status === 404));
  } finally {
    for (const api of apis) await api.stop();
    await close();
  }
});

it('C11: what changed while nobody listened is not served from memory after the reconnect', async () => {
  const { url, database, close } = await stage();
  const api = await apiOn(url);
  const server = new Client({ connectionString: url.replace(/\/[^/]*$/, '/postgres') });
  await server.connect();
  const connectable = (allowed: boolean) => server.query(`alter database ${new URL(url).pathname.slice(1)} allow_connections ${String(allowed)}`);
  try {
    await products(database, { key: 'missed', revision: 1, data: aProduct('missed') });
    const quantity = async () => (await get(api, '/v1/products/missed')).json.availability.quantity;
    expect(await quantity()).toBeNull();
    await connectable(false);
    await server.query(`select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'gateway-api listener'`);
    await stock(database, { data: aLevel('missed', 'main', 7), revision: 1, at: Date.now() });
    expect(await quantity()).toBeNull();
    await connectable(true);
    await eventually(async () => (await quantity()) === 7);
  } finally {
    await connectable(true);
    await server.end();
    await api.stop();
    await close();
  }
});

it('I7: with PostgreSQL killed, what is in memory is served and grows old, whether asked for before or not; a key that is not is 503 with Retry-After; afterwards all is current', async () => {
  const postgres = await ownPostgres();
  try {
    const database = await openDatabase({ url: postgres.adminUrl, name: 'gateway', migrations, logger });
    await products(database, { key: 'known', revision: 1, data: aProduct('known') }, { key: 'never-asked', revision: 1, data: aProduct('never-asked') });
    await stock(database, { data: aLevel('known', 'main', 7), revision: 1, at: Date.now() });
    const api = await apiOn(postgres.adminUrl);
    try {
      expect((await get(api, '/v1/products/known')).json.availability.quantity).toBe(7);
      const list = '/v1/products?sort=name';
      expect((await get<{ items: unknown[] }>(api, list)).json.items).toHaveLength(2);
      await eventually(() => Promise.resolve(api.cache.size === 2));
      await postgres.kill('SIGKILL');
      await database.close().catch(() => undefined);
      // Backends outlive a killed postmaster by some milliseconds, and go on answering.
      let asked = 0;
      await eventually(async () => (await get(api, `/v1/products/unknown-${(asked += 1)}`)).status === 503);

      const down = await get(api, '/v1/products/known');
      expect([down.status, down.json.availability.quantity]).toEqual([200, 7]);
      expect((await graphql(api, '{ product(sku: "known") { availability { quantity } } }')).status).toBe(200);
      expect((await get(api, '/v1/products/never-asked')).json.name).toBe('Shirt never-asked');
      expect((await get<{ items: unknown[] }>(api, list)).json.items).toHaveLength(2);
      const other = await get<{ items: unknown[] }>(api, '/v1/products?sort=-price');
      expect([other.json.items.length, other.headers.get('x-degraded')]).toEqual([2, expect.stringContaining('list;reason=memory')]);
      expect((await get(api, '/v1/products?search=shirt')).status).toBe(503);
      const missing = await get(api, '/v1/products/unheard-of');
      expect([missing.status, missing.json.code, missing.headers.get('retry-after'), missing.headers.get('cache-control')]).toEqual([503, 'DATABASE_UNAVAILABLE', '1', 'no-store']);
      const both = await graphql(api, '{ known: product(sku: "known") { sku } missing: product(sku: "unheard-of") { sku } }');
      expect([both.status, both.json.data, both.json.errors[0]?.extensions.code]).toEqual([200, { known: { sku: 'known' }, missing: null }, 'DATABASE_UNAVAILABLE']);
      for (const probe of [`${api.storefrontUrl}/livez`, `${api.storefrontUrl}/readyz`, `${api.url}/livez`, `${api.url}/readyz`]) expect((await fetch(probe)).status).toBe(200);

      await postgres.restart();
      const again = await openDatabase({ url: postgres.adminUrl, name: 'gateway', migrations, logger });
      await stock(again, { data: aLevel('known', 'main', 3), revision: 2, at: Date.now() });
      await eventually(async () => (await get(api, '/v1/products/known')).json.availability?.quantity === 3, { withinMs: 60_000 });
      expect((await get(api, '/v1/products/never-asked')).status).toBe(200);
      await again.close();
    } finally {
      await api.stop();
    }
  } finally {
    await postgres.stop();
  }
});
