import { checkRecord, findSpec } from '../records/systems';
import { buildCatalogue, warehouses } from './catalogue';
import { priceLists } from './prices';

const catalogue = buildCatalogue('steward', 600);
const skusOf = (product: (typeof catalogue.products)[number]) => (product.options.length > 0 ? product.options.map(({ sku }) => sku) : [product.id]);

test('the same seed makes the same catalogue, and another seed another one', () => {
  expect(buildCatalogue('steward', 600)).toEqual(catalogue);
  expect(buildCatalogue(2, 50)).not.toEqual(buildCatalogue(3, 50));
});

test('a bigger catalogue begins with the smaller one', () => {
  expect(buildCatalogue('steward', 700).products.slice(0, 600)).toEqual(catalogue.products);
});

test('there is enough to browse: products, categories, variants, and products without variants', () => {
  expect(catalogue.products.length).toBeGreaterThanOrEqual(500);
  expect(catalogue.categories.length).toBeGreaterThanOrEqual(30);
  expect(catalogue.variants).toBeGreaterThan(1_000);
  expect(catalogue.products.filter(({ options }) => options.length === 0).length).toBeGreaterThan(20);
});

test('every record fits its own schema', () => {
  for (const product of catalogue.products) checkRecord(findSpec('pim', 'products'), product.id, product);
  for (const stock of catalogue.stock) checkRecord(findSpec('erp', 'stock'), stock.id, stock);
  // What the store would answer must be what was seeded, or the second seeding would change something.
  for (const category of catalogue.categories) expect(checkRecord(findSpec('pim', 'categories'), category.id, category)).toEqual(category);
  for (const promotion of catalogue.promotions) expect(checkRecord(findSpec('pricing', 'promotions'), promotion.id, promotion)).toEqual(promotion);
  for (const customer of catalogue.customers) expect(checkRecord(findSpec('crm', 'customers'), customer.id, customer)).toEqual(customer);
  for (const segment of catalogue.segments) expect(checkRecord(findSpec('crm', 'segments'), segment.id, segment)).toEqual(segment);
  for (const price of catalogue.prices) expect(checkRecord(findSpec('pricing', 'prices'), price.id, price)).toEqual(price);
});

test('SKUs are unique, and each lies in both warehouses', () => {
  const skus = catalogue.products.flatMap(skusOf);
  expect(new Set(skus).size).toBe(skus.length);
  expect(catalogue.stock.map(({ id }) => id).sort()).toEqual(skus.flatMap((sku) => warehouses.map((warehouse) => `${sku}@${warehouse}`)).sort());
});

test('every category that a product names is in the tree, and every parent too', () => {
  const ids = new Set(catalogue.categories.map(({ id }) => id));
  expect(ids.size).toBe(catalogue.categories.length);
  for (const { categories } of catalogue.products) for (const id of categories) expect(ids).toContain(id);
  for (const { parent } of catalogue.categories) if (parent !== null) expect(ids).toContain(parent);
  for (const { labels } of catalogue.categories) expect(Object.keys(labels)).toEqual(['en', 'de']);
});

test('each SKU has one everyday price in each list, EUR with tax and USD without, and some are reduced for a season', () => {
  const everyday = catalogue.prices.filter(({ group, starts }) => group === null && starts === null);
  expect(everyday.map(({ article, region }) => `${article} ${region}`).sort()).toEqual(catalogue.products.flatMap(skusOf).flatMap((sku) => priceLists.map(({ region }) => `${sku} ${region}`)).sort());
  expect(new Set(everyday.map(({ currency, tax }) => `${currency} ${tax}`))).toEqual(new Set(['EUR gross', 'USD net']));
  expect(new Set(catalogue.prices.map(({ id }) => id)).size).toBe(catalogue.prices.length);
  expect(catalogue.prices.filter(({ ends }) => ends !== null).length).toBeGreaterThan(100);
  expect(catalogue.prices.filter(({ group, fromQuantity }) => group === 'business' && fromQuantity > 1).length).toBeGreaterThan(100);
  for (const { amount, insteadOf } of catalogue.prices) if (typeof insteadOf === 'string') expect(Number(insteadOf)).toBeGreaterThan(Number(amount));
});

test('texts are there in both languages and have no hole in them', () => {
  for (const { labels } of catalogue.products) {
    expect(Object.keys(labels)).toEqual(['en', 'de']);
    expect(labels['en']?.text).not.toBe(labels['de']?.text);
    expect(JSON.stringify(labels)).not.toMatch(/undefined|NaN| {2}/);
  }
});

test('European article numbers carry a right check digit and are unique', () => {
  const eans = catalogue.products.flatMap(({ options }) => options.flatMap(({ ean }) => (ean ? [ean] : [])));
  expect(new Set(eans).size).toBe(eans.length);
  for (const ean of eans) expect([...ean].reduce((sum, digit, index) => sum + Number(digit) * (index % 2 === 0 ? 1 : 3), 0) % 10).toBe(0);
});

test('customers have mail of their own at example.com, known segments, and some buy at the prices for businesses', () => {
  const { customers, segments, prices, promotions } = catalogue;
  expect(customers).toHaveLength(50);
  expect(new Set(buildCatalogue('steward', 1, 1_000).customers.map(({ mail }) => mail)).size).toBe(1_000);
  for (const { mail, segments: mine, priceGroup } of customers) {
    expect(mail).toMatch(/^[a-z.]+@example\.com$/);
    for (const id of mine) expect(segments.map((segment) => segment.id)).toContain(id);
    expect(priceGroup).toBe(mine.includes('business') ? 'business' : null);
  }
  const groups = new Set(customers.map(({ priceGroup }) => priceGroup));
  expect(groups).toEqual(new Set([null, 'business']));
  expect(prices.some(({ group }) => group === 'business')).toBe(true);
  const skus = new Set(prices.map(({ article }) => article));
  for (const { articles } of promotions) for (const sku of articles ?? []) expect(skus).toContain(sku);
});
