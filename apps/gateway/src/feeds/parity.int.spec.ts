/**
 * Page, list, GraphQL, JSON-LD, feed and sitemap are made from the same composed document: here they are read side by side over a
 * drawn catalogue, and may not differ in anything that they all say.
 */
import fc from 'fast-check';
import { manualClock, type Database } from '@steward/platform';
import { eventually } from '@steward/testing';
import type { GatewayApi } from '../api/gateway-api';
import { apiOn, get, graphql, stage } from '../fixtures/api.fixture.spec';
import { aCategory, aLevel, aPrice, aProduct, categories, prices, products, start, stock } from '../fixtures/read-model.fixture.spec';
import { applyClaims, recordClaim } from '../freshness/progress.store';
import type { ProductView } from '../product/product-view';

const SIZES = ['S', 'M', 'L'];
const drawn = fc.sample(
  fc.record({
    variants: fc.subarray(SIZES),
    amount: fc.option(fc.integer({ min: 1, max: 99_999 })),
    reducedFrom: fc.option(fc.integer({ min: 100_000, max: 200_000 })),
    onHand: fc.option(fc.integer({ min: 0, max: 20 })),
    deep: fc.boolean(),
    name: fc.constantFrom('Hat & <b>scarf</b>', '</script><script>', 'Ütility "jacket"', '帽子\u0007'),
  }),
  { seed: 7, numRuns: 40 },
);

let scene: Awaited<ReturnType<typeof stage>>;
let database: Database;
let api: GatewayApi;
const clock = manualClock(start);

const progress = (upTo: number, sequence: number) =>
  database.transaction(async (tx) => {
    for (const [system, entity, stream] of [['pim', 'product', 'PIM_STATE'], ['pim', 'category', 'PIM_STATE'], ['erp', 'stock-level', 'ERP_STATE'], ['pricing', 'price', 'PRICING_STATE']] as const) {
      await recordClaim(tx, { system, entity, completeUpTo: new Date(upTo).toISOString(), stream, epoch: 'e', sequence });
      await applyClaims(tx, [{ system, entity, stream, epoch: 'e', sequence }]);
    }
  });

beforeAll(async () => {
  scene = await stage();
  database = scene.database;
  api = await apiOn(scene.url, { clock, env: { STEWARD_GATEWAY_PRODUCT_PAGE: 'https://shop.example/{market}/{language}/{slug}' } });
  await categories(database, { key: 'top', revision: 1, data: aCategory('top', null) }, { key: 'deep', revision: 1, data: aCategory('deep', 'top', { texts: { en: { name: 'Deep & wide', slug: 'deep' } } }) });
  const skusOf = (id: string, sizes: readonly string[]) => (sizes.length === 0 ? [id] : sizes.map((size) => `${id}/${size}`));
  await products(
    database,
    ...drawn.map(({ variants, deep, name }, index) => {
      const key = `P${String(index).padStart(2, '0')}`;
      return {
        key,
        revision: 1,
        at: start + index * 1_000,
        data: aProduct(key, {
          categoryIds: deep ? ['top', 'deep'] : ['top'],
          texts: { en: { name, slug: `${key}-en`, description: `${name} in words` }, de: { name: `${name} (de)`, slug: `${key}-de` } },
          media: [{ url: `https://media.example/${key}.jpg`, kind: 'image' }],
          variants: variants.map((size) => ({ sku: `${key}/${size}`, attributes: { size } })),
        }),
      };
    }),
  );
  const skus = drawn.flatMap((product, index) => skusOf(`P${String(index).padStart(2, '0')}`, product.variants).map((sku) => ({ sku, ...product })));
  await stock(database, ...skus.flatMap(({ sku, onHand }) => (onHand === null ? [] : [{ data: aLevel(sku, 'main', onHand), revision: 1, at: start }])));
  await prices(
    database,
    ...skus.flatMap(({ sku, amount, reducedFrom }, index) =>
      amount === null ? [] : [{ key: `eu ${sku}`, revision: 1, at: start, data: aPrice(`eu ${sku}`, sku, amount + (index % 2), { listAmount: reducedFrom }) }],
    ),
  );
  await progress(start, 1);
  await eventually(async () => (await get(api, '/v1/categories/deep')).status === 200);
  await eventually(async () => (await get(api, '/v1/products/P00')).json.availability?.stale === false);
});
afterAll(async () => {
  await api.stop();
  await scene.close();
});

const text = async (path: string): Promise<string> => (await fetch(api.storefrontUrl + path)).text();
const elements = (xml: string, name: string): string[] => [...xml.matchAll(new RegExp(`<${name}>([^]*?)</${name}>`, 'g'))].map(([, inner = '']) => inner);
const unescape = (xml: string): string => xml.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&quot;/g, '"').replace(/&apos;/g, "'").replace(/&amp;/g, '&');

interface Offer {
  price: string;
  priceCurrency: string;
  availability?: string;
}
interface Node {
  '@type': string;
  name: string;
  url: string;
  sku?: string;
  offers?: Offer;
  hasVariant?: Node[];
  itemListElement?: { name: string }[];
}

/** What all of them say of a SKU. */
interface Said {
  sku: string;
  price: string | null;
  buyable: boolean | null;
}
const buyable: Readonly<Record<string, boolean | null>> = { IN_STOCK: true, LOW_STOCK: true, OUT_OF_STOCK: false, BACKORDER: true, UNKNOWN: null, InStock: true, LimitedAvailability: true, OutOfStock: false, BackOrder: true, in_stock: true, out_of_stock: false };

function saidByPage(view: ProductView): Said[] {
  const skus = view.variants.length === 0 ? [view] : view.variants;
  return skus.map(({ sku, price, availability }) => ({ sku, price: price.value === null ? null : `${price.value.amount} ${price.value.currency}`, buyable: buyable[availability.state] ?? null }));
}

function saidByJsonLd(node: Node): Said[] {
  return (node.hasVariant ?? [node]).map(({ sku = '', offers }) => ({
    sku,
    price: offers === undefined ? null : `${offers.price} ${offers.priceCurrency}`,
    buyable: offers?.availability === undefined ? null : (buyable[offers.availability.replace('https://schema.org/', '')] ?? null),
  }));
}

async function pages(): Promise<ProductView[]> {
  clock.advance(2_000);
  return (await get<{ items: ProductView[] }>(api, '/v1/products?first=250')).json.items;
}

it('a list shows each product exactly as its page does', async () => {
  const listed = await pages();
  expect(listed).toHaveLength(drawn.length);
  for (const item of listed) expect((await get(api, `/v1/products/${item.id}`)).json).toEqual(item);
});

it('JSON-LD says the price and availability of the page, over REST and GraphQL alike, and cannot end a script element', async () => {
  for (const page of await pages()) {
    const rest = await text(`/v1/products/${page.id}/json-ld`);
    expect(rest).not.toContain('<');
    expect((await graphql(api, { query: 'query J($sku: String!) { product(sku: $sku) { jsonLd } }', variables: { sku: page.id } })).json.data.product).toEqual({ jsonLd: rest });
    const [product, breadcrumbs] = (JSON.parse(rest) as { '@graph': [Node, Node] })['@graph'];
    expect(product.name).toBe(page.name);
    expect(product.url).toBe(`https://shop.example/eu/en/${page.slug ?? ''}`);
    expect(breadcrumbs.itemListElement?.map(({ name }) => name)).toEqual(page.breadcrumbs.map(({ name }) => name));
    // Without a price there is no offer, and then no word on availability either.
    expect(saidByJsonLd(product)).toEqual(saidByPage(page).map((said) => (said.price === null ? { ...said, buyable: null } : said)));
  }
});

it('the feed says the same of every SKU that has a price and a known stock', async () => {
  const items = elements(await text('/feeds/eu/en/merchant.xml'), 'item').map((item) => {
    const of = (name: string): string | null => elements(item, `g:${name}`).map(unescape)[0] ?? null;
    return { sku: of('id'), price: of('sale_price') ?? of('price'), buyable: buyable[of('availability') ?? ''] ?? null, title: of('title') ?? '', type: of('product_type'), link: of('link') };
  });
  const listed = await pages();
  const expected = listed.flatMap((page) =>
    saidByPage(page).flatMap((said) => (said.price === null || said.buyable === null ? [] : [{ ...said, type: page.breadcrumbs.map(({ name }) => name).join(' > '), link: `https://shop.example/eu/en/${page.slug ?? ''}` }])),
  );
  expect(items.map(({ title: _title, ...item }) => item)).toEqual(expected);
  expect(expected.length).toBeGreaterThan(20);
  expect(items.every(({ title }) => !title.includes('\u0007'))).toBe(true);
});

it('the sitemap names each page in each language and market with the day its content changed, which a change of stock is not', async () => {
  const listed = await pages();
  await stock(database, { data: aLevel('P00', 'main', 3), revision: 2, at: start + 3_600_000 });
  const index = elements(await text('/sitemap.xml'), 'loc').map((address) => new URL(address).pathname);
  expect(index).toEqual(['/sitemaps/categories.xml', '/sitemaps/products-1.xml']);
  const entries = elements(await text('/sitemaps/products-1.xml'), 'url').map((entry) => ({ address: elements(entry, 'loc')[0], changed: elements(entry, 'lastmod')[0] }));
  const expected = listed.flatMap((page) => ['eu', 'us'].flatMap((market) => ['en', 'de'].map((language) => ({ address: `https://shop.example/${market}/${language}/${page.id}-${language}`, changed: page.contentChangedAt }))));
  expect(entries).toEqual(expected);
  expect(elements(await text('/sitemaps/categories.xml'), 'loc')).toHaveLength(2);
  expect((await fetch(`${api.storefrontUrl}/sitemaps/products-2.xml`)).status).toBe(404);
});

it('C11: a new price, a renamed category and a removed product are right in all of them at once', async () => {
  const [one, gone] = (await pages()).filter(({ variants, price }) => variants.length === 0 && price.value !== null);
  if (one === undefined || gone === undefined) throw new Error('the drawn catalogue has no such products');
  await prices(database, { key: `eu ${one.sku}`, revision: 2, data: aPrice(`eu ${one.sku}`, one.sku, 4_242) });
  await categories(database, { key: 'top', revision: 2, data: aCategory('top', null, { texts: { en: { name: 'Summit', slug: 'summit' } } }) });
  await products(database, { key: gone.id, revision: 2, data: null });
  await eventually(async () => {
    const [jsonLd, feed, sitemaps, shop] = await Promise.all([text(`/v1/products/${one.id}/json-ld`), text('/feeds/eu/en/merchant.xml'), text('/sitemaps/products-1.xml'), text('/sitemaps/categories.xml')]);
    const listed = await pages();
    const item = listed.find(({ id }) => id === one.id);
    return (
      item?.price.value?.minorUnits === '4242' && item.breadcrumbs[0]?.name === 'Summit' && jsonLd.includes('"price":"42.42"') && jsonLd.includes('Summit') &&
      feed.includes('42.42 EUR') && feed.includes('Summit') && shop.includes('summit') && ![JSON.stringify(listed), feed, sitemaps].some((each) => each.includes(`${gone.id}-en`))
    );
  });
  expect((await get(api, `/v1/products/${gone.id}`)).status).toBe(404);
});

it('O8: while stock as a whole is stale the feed is refused, so that whoever fetches it keeps the last one', async () => {
  clock.advance(20 * 60_000);
  const refused = await get(api, '/feeds/eu/en/merchant.xml');
  expect([refused.status, refused.json.code, refused.headers.get('retry-after')]).toEqual([503, 'GATEWAY_FEED_STALE', '1']);
  expect((await fetch(`${api.storefrontUrl}/sitemap.xml`)).status).toBe(200);
});
