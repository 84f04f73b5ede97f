import type { Category, Price } from '@steward/contracts';
import type { Database } from '@steward/platform';
import { readCategories } from '../category/categories.queries';
import { treeOf } from '../category/tree';
import { stage } from '../fixtures/api.fixture.spec';
import { categories, prices } from '../fixtures/read-model.fixture.spec';
import { movePrices, readPrices } from './price.store';

const aPrice = (id: string, sku: string, amount: number, more: Partial<Price> = {}): Price => ({
  id, sku, market: 'eu', currency: 'EUR', customerGroup: 'public', minQuantity: 1, validFrom: null, validTo: null, amount, taxMode: 'included', ...more,
});
const aCategory = (id: string, parentId: string | null): Category => ({ id, parentId, position: 0, texts: { en: { name: id, slug: id } } });

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

describe('stored categories', () => {
  it('make the tree whichever comes first, without what is deleted', async () => {
    await categories(database, { key: 'tents', revision: 1, data: aCategory('tents', 'outdoor') }, { key: 'sale', revision: 1, data: aCategory('sale', null) });
    await categories(database, { key: 'outdoor', revision: 1, data: aCategory('outdoor', null) }, { key: 'sale', revision: 2, data: null });
    const { roots, pathTo } = treeOf((await readCategories(database)).map(({ data }) => data));
    expect(roots.map(({ category, children }) => [category.id, children.map((child) => child.category.id)])).toEqual([['outdoor', ['tents']]]);
    expect(pathTo('tents').map(({ id }) => id)).toEqual(['outdoor', 'tents']);
  });
});
