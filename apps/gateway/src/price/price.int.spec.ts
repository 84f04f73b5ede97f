import type { Database } from '@steward/platform';
import { readCategories } from '../category/categories.queries';
import { treeOf } from '../category/tree';
import { stage } from '../fixtures/api.fixture.spec';
import { aCategory, aLevel, aPrice, aProduct, categories, prices, products, stock } from '../fixtures/read-model.fixture.spec';
import { FAN_OUT_LIMIT } from '../product/affected';
import { rebuildDirty } from '../product/dirty-documents';
import { movePrices, readPrices, type SkuPrices } from './price.store';

let database: Database;
let close: () => Promise<void>;
beforeAll(async () => ({ database, close } = await stage()));
afterAll(() => close());

const amounts = async (sku: string) => (await database.transaction((tx) => readPrices(tx, [sku]))).get(sku)?.map(({ data }) => data.amount) ?? [];

describe('stored prices', () => {
  it('are found by their SKU, all entries of it', async () => {
    await prices(database, { key: 'EU-1', revision: 1, data: aPrice('EU-1', 'sku', 1000) }, { key: 'US-1', revision: 1, data: aPrice('US-1', 'sku', 900, { market: 'us', currency: 'USD', taxMode: 'excluded' }) });
    expect(await amounts('sku')).toEqual([1000, 900]);
    expect(await amounts('another')).toEqual([]);
  });

  it('I3: are never overwritten by an older revision', async () => {
    await prices(database, { key: 'I3', revision: 2, data: aPrice('I3', 'i3', 20) });
    await prices(database, { key: 'I3', revision: 1, data: aPrice('I3', 'i3', 10) });
    expect(await amounts('i3')).toEqual([20]);
  });

  it('C12: leave their SKU with a tombstone and with a move, and a late older entry does not bring them back', async () => {
    await prices(database, { key: 'X', revision: 1, data: aPrice('X', 'from', 10) }, { key: 'Y', revision: 2, data: aPrice('Y', 'from', 11) });
    await prices(database, { key: 'X', revision: 2, data: aPrice('X', 'to', 10) }, { key: 'Y', revision: 3, data: null });
    await prices(database, { key: 'Y', revision: 1, data: aPrice('Y', 'from', 9) });
    expect([await amounts('from'), await amounts('to')]).toEqual([[], [10]]);
  });

  it('C11: tell every SKU whose entries moved, the one that was left too', async () => {
    const moved = (id: string, sku: string | null) => database.transaction((tx) => movePrices(tx, [{ id, sku }]));
    expect(await moved('Z', 'old')).toEqual(['old']);
    expect((await moved('Z', 'new')).toSorted()).toEqual(['new', 'old']);
    expect(await moved('Z', null)).toEqual(['new']);
    expect(await moved('Z', null)).toEqual([]);
  });
});

describe('prices in composed documents', () => {
  const composed = async (productId: string): Promise<Record<string, number[]> | undefined> => {
    const [row] = await database.query<{ prices: SkuPrices[] }>('select prices from document where product_id = $1', [productId]);
    return row && Object.fromEntries(row.prices.map(({ sku, entries }) => [sku, entries.map(({ data }) => data.amount)]));
  };
  const revision = async (productId: string) => (await database.query<{ revision: number }>('select revision from document where product_id = $1', [productId]))[0]?.revision ?? 0;

  it('are there whichever comes first, and a change of them gives the document a new revision', async () => {
    await products(database, { key: 'p1', revision: 1, data: aProduct('p1') });
    expect(await composed('p1')).toEqual({ p1: [] });
    const before = await revision('p1');
    await prices(database, { key: 'EU-p1', revision: 1, data: aPrice('EU-p1', 'p1', 10) }, { key: 'EU-p2', revision: 1, data: aPrice('EU-p2', 'p2', 20) });
    expect(await composed('p1')).toEqual({ p1: [10] });
    expect(await revision('p1')).toBe(before + 1);
    await products(database, { key: 'p2', revision: 1, data: aProduct('p2') });
    expect(await composed('p2')).toEqual({ p2: [20] });
    await stock(database, { data: aLevel('p2', 'main', 3), revision: 1 });
    await products(database, { key: 'p2', revision: 2, data: aProduct('p2', { brand: 'another' }) });
    expect(await composed('p2')).toEqual({ p2: [20] });
  });

  it('follow an entry that is deleted or moves to another SKU, and a SKU that moves to another product', async () => {
    const variants = (...skus: string[]) => skus.map((sku) => ({ sku, attributes: {} }));
    await products(database, { key: 'm1', revision: 1, data: aProduct('m1', { variants: variants('s1', 's2') }) }, { key: 'm2', revision: 1, data: aProduct('m2') });
    await prices(database, { key: 'e1', revision: 1, data: aPrice('e1', 's1', 1) }, { key: 'e2', revision: 1, data: aPrice('e2', 's2', 2) }, { key: 'e3', revision: 1, data: aPrice('e3', 's2', 3) });
    expect(await composed('m1')).toEqual({ s1: [1], s2: [2, 3] });
    await prices(database, { key: 'e1', revision: 2, data: null }, { key: 'e2', revision: 2, data: aPrice('e2', 'm2', 2) });
    expect([await composed('m1'), await composed('m2')]).toEqual([{ s1: [], s2: [3] }, { m2: [2] }]);
    await products(database, { key: 'm1', revision: 2, data: null }, { key: 'm2', revision: 2, data: aProduct('m2', { variants: variants('s2') }) });
    expect([await composed('m1'), await composed('m2')]).toEqual([{}, { s2: [3] }]);
  });

  it('C11: a SKU that joins a product while its price changes is never composed from an old price', async () => {
    for (let round = 1; round <= 25; round += 1) {
      const [product, sku] = [`race-${round}`, `race-sku-${round}`];
      await products(database, { key: product, revision: 1, data: aProduct(product) });
      await prices(database, { key: sku, revision: 1, data: aPrice(sku, sku, 1) });
      await Promise.all([
        products(database, { key: product, revision: 2, data: aProduct(product, { variants: [{ sku, attributes: {} }] }) }),
        prices(database, { key: sku, revision: 2, data: aPrice(sku, sku, 2) }),
        stock(database, { data: aLevel(sku, 'main', round), revision: 1 }),
      ]);
      expect(await composed(product)).toEqual({ [sku]: [2] });
    }
  });

  it('C11: a SKU of very many products is rebuilt by the worker', async () => {
    const ids = Array.from({ length: FAN_OUT_LIMIT + 1 }, (_, index) => `many-${index}`);
    await products(database, ...ids.map((id) => ({ key: id, revision: 1, data: aProduct(id, { variants: [{ sku: 'shared', attributes: {} }] }) })));
    await prices(database, { key: 'shared', revision: 1, data: aPrice('shared', 'shared', 7) });
    expect(await composed('many-0')).toEqual({ shared: [] });
    for (let rebuilt = 1; rebuilt > 0; ) rebuilt = await rebuildDirty(database);
    for (const id of ids) expect(await composed(id)).toEqual({ shared: [7] });
  });
});

describe('stored categories', () => {
  it('make the tree whichever comes first, without what is deleted', async () => {
    await categories(database, { key: 'tents', revision: 1, data: aCategory('tents', 'outdoor') }, { key: 'sale', revision: 1, data: aCategory('sale', null) });
    await categories(database, { key: 'outdoor', revision: 1, data: aCategory('outdoor', null) }, { key: 'sale', revision: 2, data: null });
    const { roots, pathTo } = treeOf((await readCategories(database)).map(({ data }) => data));
    expect(roots.map(({ category, children }) => [category.id, children.map((child) => child.category.id)])).toEqual([['outdoor', ['tents']]]);
    expect(pathTo('tents').map(({ id }) => id)).toEqual(['outdoor', 'tents']);
  });
});
