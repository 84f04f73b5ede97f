import { manualClock, type Database } from '@steward/platform';
import { eventually } from '@steward/testing';
import type { GatewayApi } from '../api/gateway-api';
import type { CategoryView } from '../category/category-view';
import { apiOn, get, graphql, stage } from '../fixtures/api.fixture.spec';
import { aCategory, aLevel, aPrice, aProduct, categories, prices, products, start, stock, tellProducts } from '../fixtures/read-model.fixture.spec';
import { LiveCategories } from '../category/live-categories';
import { DocumentCache } from '../document-cache/document-cache';
import { LiveFreshness } from '../freshness/live-freshness';
import { documentQueries } from '../product/documents.queries';
import { Contexts } from '../storefront/context';
import { criteriaOf, type AskedCriteria } from './criteria';
import type { Position } from './cursor';
import { listInMemory } from './list-in-memory';
import { readPage, type ListedPage } from './listing.queries';
import { listDue } from './listing.store';
import type { ProductView } from '../product/product-view';

let scene: Awaited<ReturnType<typeof stage>>;
let database: Database;
let api: GatewayApi;
const clock = manualClock(start);

interface List {
  items: ProductView[];
  page: { next: string | null; hasNext: boolean };
}

const ids = async (query: string, headers: Record<string, string> = {}): Promise<string[]> => {
  clock.advance(2_000); // past what a page is remembered for
  return (await get<List>(api, `/v1/products?${query}`, headers)).json.items.map(({ id }) => id);
};

const season = { validFrom: new Date(start + 3_600_000).toISOString(), validTo: new Date(start + 7_200_000).toISOString() };

beforeAll(async () => {
  scene = await stage();
  database = scene.database;
  api = await apiOn(scene.url, { clock });
  await categories(
    database,
    { key: 'all', revision: 1, data: aCategory('all', null, { texts: { en: { name: 'Everything', slug: 'everything' }, de: { name: 'Alles', slug: 'alles' } } }) },
    { key: 'tents', revision: 1, data: aCategory('tents', 'all') },
    { key: 'tunnel', revision: 1, data: aCategory('tunnel', 'tents') },
    { key: 'hats', revision: 1, data: aCategory('hats', 'all', { position: -1 }) },
  );
  const named = (en: string, de: string) => ({ en: { name: en, slug: 's' }, de: { name: de, slug: 's' } });
  await products(
    database,
    { key: 'T1', revision: 1, data: aProduct('T1', { categoryIds: ['all', 'tunnel'], texts: named('Running tents', 'Laufzelte'), attributes: { colour: 'green' }, brand: 'Nordfell' }) },
    { key: 'T2', revision: 1, data: aProduct('T2', { categoryIds: ['tents'], texts: { sv: { name: 'Valv', slug: 's' }, de: { name: 'Ätherkuppel', slug: 's' } }, attributes: { colour: 'red' } }) },
    { key: 'H1', revision: 1, data: aProduct('H1', { categoryIds: ['hats'], texts: named('Bobble hat', 'Bommelmütze'), attributes: { colour: 'red', material: 'wool' }, variants: [{ sku: 'H1/S', attributes: { size: 'S' }, gtin: '12345678' }, { sku: 'H1/M', attributes: { size: 'M' } }] }) },
    { key: 'OLD', revision: 1, data: aProduct('OLD', { status: 'archived', categoryIds: ['hats'] }) },
  );
  await stock(database, { data: aLevel('T1', 'main', 9), revision: 1 }, { data: aLevel('H1/S', 'main', 2), revision: 1 }, { data: aLevel('H1/M', 'main', 0), revision: 1 });
  await prices(
    database,
    { key: 'p1', revision: 1, data: aPrice('p1', 'T1', 500) },
    { key: 'p1-club', revision: 1, data: aPrice('p1-club', 'T1', 100, { customerGroup: 'club' }) },
    { key: 'p2', revision: 1, data: aPrice('p2', 'H1/S', 300) },
    { key: 'p3', revision: 1, data: aPrice('p3', 'H1/M', 200, { ...season }) },
    { key: 'p2-us', revision: 1, data: aPrice('p2-us', 'H1/S', 999, { market: 'us', currency: 'USD' }) },
  );
});
afterAll(async () => {
  await api.stop();
  await scene.close();
});

describe('a list of products', () => {
  it('holds what hangs below the category, and follows a category that moves', async () => {
    await eventually(async () => (await get(api, '/v1/categories/tunnel')).status === 200);
    expect(await ids('category=tents')).toEqual(['T1', 'T2']);
    expect(await ids('category=all')).toEqual(['H1', 'T1', 'T2']);
    await categories(database, { key: 'tunnel', revision: 2, data: aCategory('tunnel', 'hats') });
    await eventually(async () => (await ids('category=hats')).includes('T1'));
    expect(await ids('category=tents')).toEqual(['T2']);
  });

  it('is filtered by attributes of products and variants: all names, any value of each', async () => {
    expect(await ids('attribute.colour=red')).toEqual(['H1', 'T2']);
    expect(await ids('attribute.colour=red&attribute.colour=green')).toEqual(['H1', 'T1', 'T2']);
    expect(await ids('attribute.colour=red&attribute.size=M')).toEqual(['H1']);
    expect(await ids('attribute.colour=re')).toEqual([]);
  });

  it('is filtered by availability', async () => {
    expect(await ids('availability=IN_STOCK,LOW_STOCK')).toEqual(['H1', 'T1']);
    expect(await ids('availability=UNKNOWN')).toEqual(['T2']);
  });

  it('finds words in their other forms, their beginnings, brands and numbers, best names first', async () => {
    expect(await ids('search=tent')).toEqual(['T1']);
    expect(await ids('search=zelt', { 'steward-language': 'de' })).toEqual(['T1']); // inside Laufzelte
    expect(await ids('search=laufz', { 'steward-language': 'de' })).toEqual(['T1']);
    expect(await ids('search=nordfell')).toEqual(['T1']);
    expect(await ids('search=12345678')).toEqual(['H1']);
    expect(await ids('search=H1%2FS')).toContain('H1');
    expect(await ids("search='%3A*%20%26%20!(%5C")).toEqual([]);
    expect(await ids('search=the')).toEqual([]);
  });

  it('is sorted by name as the language sorts, and by price with what has none last', async () => {
    expect(await ids('sort=name')).toEqual(['T2', 'H1', 'T1']); // T2 has no English name: it is shown, and sorted, as Ätherkuppel
    expect(await ids('sort=price')).toEqual(['H1', 'T1', 'T2']);
    expect(await ids('sort=-price')).toEqual(['T1', 'H1', 'T2']);
    expect(await ids('sort=price', { 'steward-customer-group': 'club' })).toEqual(['T1', 'H1', 'T2']);
    expect(await ids('sort=price', { 'steward-market': 'us' })).toEqual(['H1', 'T1', 'T2']);
  });

  it('C11: a price that begins and ends by time alone is right in list and page without an event', async () => {
    const price = async () => (await get(api, '/v1/products/H1')).json.price.value?.minorUnits;
    const listed = async () => (await get<List>(api, '/v1/products?sort=price')).json.items[0]?.price.value?.minorUnits;
    for (const [at, expected] of [[start + 3_590_000, '300'], [start + 3_600_000, '200'], [start + 7_199_999, '200'], [start + 7_200_000, '300']] as const) {
      clock.advance(at - clock.now());
      expect([await price(), await listed()]).toEqual([expected, expected]);
    }
  });

  it.each(['sort=name', 'sort=price', 'sort=-price', 'sort=id', 'search=red', 'category=all&sort=name'])('%s is walked without gaps or repeats', async (query) => {
    const all = await ids(query);
    const walked: string[] = [];
    for (let next: string | null = ''; next !== null; ) {
      const { json }: { json: List } = await get<List>(api, `/v1/products?${query}&first=1${next === '' ? '' : `&after=${next}`}`);
      walked.push(...json.items.map(({ id }) => id));
      next = json.page.next;
    }
    expect(walked).toEqual(all);
    expect(walked.length).toBeGreaterThan(0);
  });

  it('I7: is the same out of memory as out of PostgreSQL', async () => {
    const queries = documentQueries(database);
    const surroundings = { freshness: new LiveFreshness(), categories: new LiveCategories() };
    const cache = new DocumentCache({ ...surroundings, queries, clock });
    await cache.load(() => queries.walk(250, null));
    const contexts = new Contexts([{ code: 'eu', currency: 'EUR', taxRateBp: 1_900 }, { code: 'us', currency: 'USD', taxRateBp: 0 }]);
    const asked: AskedCriteria[] = [
      {},
      ...['ID', 'NAME', 'PRICE', 'PRICE_DESC'].map((sort) => ({ sort })),
      { attributes: [{ name: 'colour', values: ['red'] }, { name: 'size', values: ['M', 'L'] }] },
      { attributes: [{ name: 'colour', values: ['re'] }] },
    ];
    for (const [each, categoryIds, headers] of asked.flatMap((criteria) => [[criteria, null, {}], [criteria, ['tents', 'tunnel'], { 'steward-language': 'de' }], [criteria, null, { 'steward-market': 'us' }], [criteria, null, { 'steward-customer-group': 'club' }]] as const))
      for (let after: Position | null = null, hasNext = true; hasNext; ) {
        const question = { criteria: criteriaOf(each), categoryIds, context: contexts.ofHeaders(headers, null), now: clock.now(), first: 1, after };
        const page: ListedPage = await readPage(database, question);
        expect(listInMemory(cache.kept, question, surroundings)).toEqual(page);
        after = page.positions.at(-1) ?? null;
        hasNext = page.hasNext;
      }
  });

  it("refuses another list's cursor", async () => {
    const { json } = await get<List>(api, '/v1/products?sort=name&first=1');
    const other = await get(api, `/v1/products?sort=price&first=1&after=${json.page.next ?? ''}`);
    expect([other.status, other.json.code]).toEqual([400, 'GATEWAY_CURSOR_REFUSED']);
    const { next } = (await get<List>(api, '/v1/products?sort=price&first=1')).json.page;
    const [list, , id] = JSON.parse(Buffer.from(next ?? '', 'base64url').toString()) as unknown[];
    const forged = Buffer.from(JSON.stringify([list, 'dear', id])).toString('base64url');
    expect((await get(api, `/v1/products?sort=price&first=1&after=${forged}`)).json.code).toBe('GATEWAY_CURSOR_REFUSED');
  });

  it('says the same at GraphQL', async () => {
    const query = '{ products(category: "all", search: "red", filter: { attributes: [{ name: "colour", values: ["red"] }], availability: [LOW_STOCK] }, sort: NAME) { nodes { sku priceVaries price { value { amount currency } entry { id } } breadcrumbs { name } } } }';
    expect((await graphql(api, query)).json.data.products.nodes).toEqual([
      { sku: 'H1', priceVaries: true, price: { value: { amount: '3.00', currency: 'EUR' }, entry: { id: 'p2' } }, breadcrumbs: [{ name: 'Everything' }, { name: 'hats' }] },
    ]);
    expect((await graphql(api, '{ products(sort: RELEVANCE) { nodes { sku } } }')).json.errors[0]?.extensions).toMatchObject({ code: 'GATEWAY_ARGUMENT_REFUSED', place: '/sort' });
  });

  it('C11: a change and its mark are one: what is rolled back marks nothing, what is committed is listed once, whatever came in between', async () => {
    const marks = async () => (await database.query<{ n: number }>('select count(*)::int as n from listing_due'))[0]?.n;
    const told = (revision: number, name: string) => [{ key: 'Z1', revision, data: aProduct('Z1', { texts: { en: { name, slug: 's' } } }) }];
    await expect(database.transaction(async (tx) => tellProducts(tx, told(5, 'Never')).then(() => Promise.reject(new Error('rolled back'))))).rejects.toThrow('rolled back');
    expect(await marks()).toBe(0);
    for (const [revision, name] of [[5, 'Beret'], [6, 'Fedora']] as const) await database.transaction((tx) => tellProducts(tx, told(revision, name)));
    expect([await marks(), await listDue(database, 1), await marks()]).toEqual([2, 1, 1]);
    expect([await ids('search=fedora'), await ids('search=beret')]).toEqual([['Z1'], []]);
    await products(database, { key: 'Z1', revision: 7, data: null });
    await listDue(database, 10);
    expect(await ids('search=fedora')).toEqual([]);
    expect(await marks()).toBe(0);
  });

  it('C11: one replica lists at a time, and holds up no change of a product, its stock or its prices meanwhile', async () => {
    const due = async () => (await database.query<{ n: number }>('select count(*)::int as n from listing_due')).at(0)?.n;
    const renamed = (revision: number) => database.transaction((tx) => tellProducts(tx, [{ key: 'T1', revision, data: aProduct('T1', { categoryIds: ['tents'], brand: `Brand ${revision}` }) }]));
    await renamed(90);
    let listing: Promise<number> | undefined;
    // As long as its index takes, however long that is.
    await database.transaction(async (tx) => {
      await tx.query('lock table listing in exclusive mode');
      listing = listDue(database, 10);
      await eventually(async () => (await database.query(`select 1 from pg_stat_activity where query like '%insert into listing as%' and wait_event_type = 'Lock'`)).length === 1);
      expect(await listDue(database, 10)).toBe(0);
      await stock(database, { data: aLevel('T1', 'main', 8), revision: 90 });
      await renamed(91);
    });
    expect([await listing, await due()]).toEqual([1, 1]);
    await listDue(database, 10);
    expect(await database.query(`select names from listing where product_id = 'T1' and words @@ 'brand'::tsquery and words @@ '91'::tsquery`)).toHaveLength(1);
  });

  it('forgets a product that is no longer on sale, and documents from before get their place from the worker', async () => {
    await database.query('delete from listing');
    await database.query('insert into listing_due (product_id) select product_id from document');
    expect(await ids('')).toEqual([]);
    expect(await listDue(database, 100)).toBe(5);
    expect(await ids('')).toEqual(['H1', 'T1', 'T2']);
    await products(database, { key: 'T2', revision: 2, data: aProduct('T2', { status: 'draft' }) });
    expect(await ids('')).toEqual(['H1', 'T1']);
  });
});

describe('the tree of categories', () => {
  it('is shown in the language of the context, in order, with breadcrumbs', async () => {
    const { json, headers } = await get<{ items: CategoryView[] }>(api, '/v1/categories', { 'steward-language': 'de' });
    expect(json.items.map(({ id, name, children }) => [id, name, children.map((child) => child.id)])).toEqual([['all', 'Alles', ['hats', 'tents']]]);
    expect(headers.get('etag')).toMatch(/^"/);
    const tree = '{ category(id: "tunnel") { name breadcrumbs { id } } none: category(id: "none") { name } categories { children { id stale } } }';
    expect((await graphql(api, tree)).json.data).toMatchObject({ category: { name: 'tunnel', breadcrumbs: [{ id: 'all' }, { id: 'hats' }, { id: 'tunnel' }] }, none: null, categories: [{ children: [{ id: 'hats' }, { id: 'tents' }] }] });
  });

  it('C11: a renamed category is renamed on the pages below it, and in answers that were stored', async () => {
    const crumbs = async () => (await graphql(api, '{ product(sku: "H1") { breadcrumbs { name } } }')).json.data.product.breadcrumbs.map(({ name }) => name);
    expect(await crumbs()).toEqual(['Everything', 'hats']);
    await categories(database, { key: 'hats', revision: 2, data: aCategory('hats', 'all', { texts: { en: { name: 'Headwear', slug: 'headwear' } } }) });
    await eventually(async () => (await crumbs()).includes('Headwear'));
    expect((await get(api, '/v1/products/H1')).json.breadcrumbs.map(({ name }) => name)).toEqual(['Everything', 'Headwear']);
  });
});
