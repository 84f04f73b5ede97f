import { createLogger, openDatabase, type Database } from '@steward/platform';
import { eventually, testDatabase, type TestDatabase } from '@steward/testing';
import fc from 'fast-check';
import { migrations } from '../database/migrations';
import { aLevel, aProduct, products, reserved, start, stock, tellProducts, tellStock } from '../fixtures/read-model.fixture.spec';
import { FAN_OUT_LIMIT } from './affected';
import { availabilityOf, type Level } from './availability';
import { rebuildDirty } from './dirty-documents';
import { documentQueries, type Found } from './documents.queries';

let testing: TestDatabase;
let database: Database;
const logger = createLogger({ service: 'gateway', level: 'silent' });

beforeAll(async () => {
  testing = await testDatabase({ migrations });
  database = await openDatabase({ url: testing.url, name: 'gateway', migrations, logger });
});
afterAll(async () => {
  await database.close();
  await testing.drop();
});

const find = async (...wanted: string[]) => (await documentQueries(database).find(wanted)).map(({ document }) => document);
const availability = async (wanted: string) => (await find(wanted))[0]?.availability.map(({ state, quantity }) => [state, quantity]);
const revision = async (id: string) => (await database.query<{ revision: number }>('select revision from document where product_id = $1', [id]))[0]?.revision ?? 0;

describe('composed documents', () => {
  it('holds product and stock whichever comes first', async () => {
    await products(database, { key: 'first', revision: 1, data: aProduct('first') });
    expect(await availability('first')).toEqual([['UNKNOWN', null]]);
    await stock(database, { data: aLevel('first', 'main', 9, { safetyStock: 2 }), revision: 1 });
    expect(await availability('first')).toEqual([['IN_STOCK', 7]]);

    await stock(database, { data: aLevel('second', 'main', 3), revision: 1 }, { data: aLevel('second', 'shop', 4), revision: 1 });
    expect(await find('second')).toEqual([]);
    await products(database, { key: 'second', revision: 1, data: aProduct('second') });
    expect(await availability('second')).toEqual([['IN_STOCK', 7]]);
  });

  it('S3: shows what may still be promised, whichever comes first of level and reservation', async () => {
    await products(database, { key: 'held', revision: 1, data: aProduct('held') });
    await reserved(database, { key: 'held@main', revision: 1, data: { sku: 'held', location: 'main', reserved: 3 } });
    expect(await availability('held')).toEqual([['UNKNOWN', null]]);
    await stock(database, { data: aLevel('held', 'main', 10, { safetyStock: 2 }), revision: 1 });
    expect(await availability('held')).toEqual([['LOW_STOCK', 5]]);
    await reserved(database, { key: 'held@main', revision: 2, data: { sku: 'held', location: 'main', reserved: 8 } });
    expect(await availability('held')).toEqual([['OUT_OF_STOCK', 0]]);
    await reserved(database, { key: 'held@main', revision: 3, data: null });
    expect(await availability('held')).toEqual([['IN_STOCK', 8]]);
  });

  it('finds a product by its id and by the SKU of each variant, and the id wins', async () => {
    const variants = [{ sku: 'v-S', attributes: {} }, { sku: 'v-M', attributes: {} }];
    await products(database, { key: 'v', revision: 1, data: aProduct('v', { variants }) });
    await stock(database, { data: aLevel('v-M', 'main', 2), revision: 1 });
    expect((await find('v', 'v-S', 'v-M')).map(({ productId }) => productId)).toEqual(['v', 'v', 'v']);
    expect(await availability('v-S')).toEqual([['UNKNOWN', null], ['LOW_STOCK', 2]]);
    await products(database, { key: 'v-S', revision: 1, data: aProduct('v-S') });
    expect((await find('v-S'))[0]?.productId).toBe('v-S');
  });

  it('follows a variant that moves to another product', async () => {
    const variants = [{ sku: 'moving', attributes: {} }];
    await stock(database, { data: aLevel('moving', 'main', 8), revision: 1 });
    await products(database, { key: 'from', revision: 1, data: aProduct('from', { variants }) });
    await products(database, { key: 'from', revision: 2, data: aProduct('from') }, { key: 'to', revision: 1, data: aProduct('to', { variants }) });
    expect((await find('moving'))[0]).toMatchObject({ productId: 'to', skus: ['moving'] });
    expect(await availability('from')).toEqual([['UNKNOWN', null]]);
    expect(await availability('to')).toEqual([['IN_STOCK', 8]]);
  });

  it('hides drafts, keeps the page of archived products and lists neither', async () => {
    await products(database, { key: 'draft', revision: 1, data: aProduct('draft', { status: 'draft' }) }, { key: 'archived', revision: 1, data: aProduct('archived', { status: 'archived' }) });
    expect((await find('draft', 'archived')).map(({ productId }) => productId)).toEqual(['archived']);
    const listed = await documentQueries(database).walk(250, null);
    expect(listed.map(({ wanted }) => wanted)).not.toContain('archived');
  });

  it('is walked in a stable order without gaps or repeats', async () => {
    const queries = documentQueries(database);
    const all = (await queries.walk(250, null)).map(({ wanted }) => wanted);
    const walked: string[] = [];
    for (let after: string | undefined | null = null; after !== undefined; after = walked.at(-1)) {
      const read: Found[] = await queries.walk(2, after);
      if (read.length === 0) break;
      walked.push(...read.map(({ wanted }) => wanted));
    }
    expect(walked).toEqual(all);
  });

  it('C11: the document has a revision of its own that grows with every change of any part', async () => {
    await products(database, { key: 'grow', revision: 40, data: aProduct('grow') });
    const seen = [await revision('grow')];
    await stock(database, { data: aLevel('grow', 'main', 1), revision: 900 });
    seen.push(await revision('grow'));
    await products(database, { key: 'grow', revision: 41, data: aProduct('grow', { brand: 'x' }) });
    seen.push(await revision('grow'));
    await products(database, { key: 'grow', revision: 39, data: aProduct('grow', { brand: 'older' }) });
    seen.push(await revision('grow'));
    expect(seen).toEqual([1, 2, 3, 3]);
    expect((await find('grow'))[0]?.content.brand).toBe('x');
  });

  it('C12: a tombstone keeps its revision, a late older update can not resurrect, a higher revision can', async () => {
    await products(database, { key: 'gone', revision: 1, data: aProduct('gone') });
    await products(database, { key: 'gone', revision: 3, data: null });
    expect(await find('gone')).toEqual([]);
    const buried = await revision('gone');
    await products(database, { key: 'gone', revision: 2, data: aProduct('gone') });
    expect(await find('gone')).toEqual([]);
    expect(await revision('gone')).toBe(buried);
    await products(database, { key: 'gone', revision: 4, data: aProduct('gone') });
    expect((await find('gone'))[0]?.revision).toBe(buried + 1);
  });

  it('C12: stock of a removed location is gone, and its late older level does not come back', async () => {
    await products(database, { key: 'loc', revision: 1, data: aProduct('loc') });
    await stock(database, { data: aLevel('loc', 'a', 9), revision: 1 }, { data: aLevel('loc', 'b', 1), revision: 1 });
    await stock(database, { data: aLevel('loc', 'a', 9), revision: 3, gone: true });
    expect(await availability('loc')).toEqual([['LOW_STOCK', 1]]);
    await stock(database, { data: aLevel('loc', 'a', 9), revision: 2 });
    expect(await availability('loc')).toEqual([['LOW_STOCK', 1]]);
  });

  it('C11: a product that is new and stock that is new at the same time do not miss each other', async () => {
    for (let round = 0; round < 20; round++) {
      const id = `race-${String(round)}`;
      const steps = [
        () => products(database, { key: id, revision: 1, data: aProduct(id) }),
        () => stock(database, { data: aLevel(id, 'main', 5), revision: 1 }),
        () => stock(database, { data: aLevel(id, 'shop', 2), revision: 1 }),
      ];
      await Promise.all(steps.map((step) => step()));
      expect(await availability(id)).toEqual([['IN_STOCK', 7]]);
    }
  });

  it('C11: the product waits for stock that is under way, and the other way round', async () => {
    const late = await database.pool.connect();
    try {
      await late.query('begin');
      await tellStock(late, [{ data: aLevel('wait', 'main', 6), revision: 1 }]);
      const product = products(database, { key: 'wait', revision: 1, data: aProduct('wait') });
      await eventually(async () => (await waitingForLocks()) === 1);
      await late.query('commit');
      await product;
      expect(await availability('wait')).toEqual([['IN_STOCK', 6]]);

      await late.query('begin');
      await tellProducts(late, [{ key: 'wait2', revision: 1, data: aProduct('wait2') }]);
      const level = stock(database, { data: aLevel('wait2', 'main', 6), revision: 1 });
      await eventually(async () => (await waitingForLocks()) === 1);
      await late.query('commit');
      await level;
      expect(await availability('wait2')).toEqual([['IN_STOCK', 6]]);
    } finally {
      late.release();
    }
  });

  it('C11: a product that loses a variant does not undo stock of another one that is under way', async () => {
    const variants = (...skus: string[]) => skus.map((sku) => ({ sku, attributes: {} }));
    await products(database, { key: 'shrink', revision: 1, data: aProduct('shrink', { variants: variants('shrink-1', 'shrink-2') }) });
    const late = await database.pool.connect();
    try {
      await late.query('begin');
      await tellStock(late, [{ data: aLevel('shrink-1', 'main', 6), revision: 1 }]);
      const shrunk = products(database, { key: 'shrink', revision: 2, data: aProduct('shrink', { variants: variants('shrink-1') }) });
      await eventually(async () => (await waitingForLocks()) === 1);
      await late.query('commit');
      await shrunk;
    } finally {
      late.release();
    }
    expect(await availability('shrink')).toEqual([['IN_STOCK', 6]]);
  });

  it('C11: a SKU in more than 200 products marks them dirty in the same transaction and the worker rebuilds them', async () => {
    const ids = Array.from({ length: FAN_OUT_LIMIT + 5 }, (_, index) => `bundle-${String(index).padStart(3, '0')}`);
    const variants = [{ sku: 'in-all', attributes: {} }];
    await products(database, ...ids.map((key) => ({ key, revision: 1, data: aProduct(key, { variants }) })));
    await stock(database, { data: aLevel('in-all', 'main', 4), revision: 1 });
    expect(await availability('bundle-000')).toEqual([['UNKNOWN', null]]);
    const before = await revision('bundle-204');
    expect(await rebuildDirty(database)).toBe(200);
    expect(await rebuildDirty(database)).toBe(5);
    expect(await rebuildDirty(database)).toBe(0);
    expect(await availability('bundle-204')).toEqual([['LOW_STOCK', 4]]);
    expect(await revision('bundle-204')).toBe(before + 1);
  });

  it('C11: one NOTIFY a batch, with keys and revisions while they fit and the change row when they do not', async () => {
    const heard: string[] = [];
    const client = await database.pool.connect();
    client.on('notification', ({ payload }) => heard.push(payload ?? ''));
    await client.query('listen document');
    try {
      await products(database, { key: 'n1', revision: 1, data: aProduct('n1') }, { key: 'n2', revision: 1, data: aProduct('n2') });
      const many = Array.from({ length: 400 }, (_, index) => `notified-product-${String(index)}`);
      await products(database, ...many.map((key) => ({ key, revision: 1, data: aProduct(key) })));
      await client.query('select 1');
      const [small, big] = heard.map((payload) => JSON.parse(payload) as { change: number; keys?: string[]; revisions?: number[] });
      expect(heard).toHaveLength(2);
      expect(small).toMatchObject({ keys: ['n1', 'n2'], revisions: [1, 1] });
      expect(big).toEqual({ change: expect.any(Number) as number });
      const [row] = await database.query<{ product_ids: string[] }>('select product_ids from document_change where id = $1', [big?.change]);
      expect(row?.product_ids).toHaveLength(400);
    } finally {
      await client.query('unlisten *');
      client.release();
    }
  });

  it('C11: after any interleaving of products, levels and reservations each document equals its parts', async () => {
    const change = fc.oneof(
      fc.record({ kind: fc.constant('product' as const), id: fc.constantFrom('m1', 'm2'), revision: fc.integer({ min: 1, max: 6 }), skus: fc.subarray(['s1', 's2', 's3']), gone: fc.boolean() }),
      fc.record({ kind: fc.constant('stock' as const), sku: fc.constantFrom('s1', 's2', 's3', 'm1'), location: fc.constantFrom('x', 'y'), revision: fc.integer({ min: 1, max: 6 }), onHand: fc.integer({ min: 0, max: 9 }), gone: fc.boolean() }),
      fc.record({ kind: fc.constant('held' as const), sku: fc.constantFrom('s1', 's2', 's3', 'm1'), location: fc.constantFrom('x', 'y'), revision: fc.integer({ min: 1, max: 6 }), reserved: fc.integer({ min: 0, max: 5 }) }),
    );
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 4, maxLength: 16 }), async (changes) => {
        const own = (name: string) => `${name}-${String(run)}`;
        run += 1;
        const apply = async (each: (typeof changes)[number]) => {
          if (each.kind === 'stock') await stock(database, { data: aLevel(own(each.sku), each.location, each.onHand), revision: each.revision, gone: each.gone });
          else if (each.kind === 'held') await reserved(database, { key: `${own(each.sku)}@${each.location}`, revision: each.revision, data: { sku: own(each.sku), location: each.location, reserved: each.reserved } });
          else await products(database, { key: own(each.id), revision: each.revision, data: each.gone ? null : aProduct(own(each.id), { variants: each.skus.map((sku) => ({ sku: own(sku), attributes: {} })) }) });
        };
        // Four lanes at once, each in its own order.
        await Promise.all([0, 1, 2, 3].map(async (lane) => {
          for (const each of changes.filter((_, index) => index % 4 === lane)) await apply(each);
        }));
        for (const { product_id, skus, availability: stored } of await database.query<{ product_id: string; skus: string[]; availability: { sku: string }[] }>('select product_id, skus, availability from document where product_id = any($1)', [[own('m1'), own('m2')]]))
          expect({ product_id, stored }).toEqual({ product_id, stored: await Promise.all(skus.map(fromParts)) });
      }),
      { numRuns: 40 },
    );
  });
});

async function fromParts(sku: string) {
  const levels = await database.query<Pick<Level, 'data' | 'reserved'>>(
    `select l.data, coalesce((h.data ->> 'reserved')::int, 0) as reserved from stored_part l
     left join stored_part h on h.entity = 'reserved-stock' and h.key = l.key where l.entity = 'stock-level' and l.key like $1 || '@%' and l.data is not null`,
    [sku],
  );
  return availabilityOf(sku, levels.map(({ data, reserved: held }) => ({ data, reserved: held, changedAt: start })));
}

async function waitingForLocks(): Promise<number> {
  const [row] = await database.query<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return row?.count ?? 0;
}
