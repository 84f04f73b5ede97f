import { checkRecord, findSpec } from '../records/systems';
import { buildCatalogue, warehouses } from './catalogue';

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
  expect(catalogue.categories).toBeGreaterThanOrEqual(30);
  expect(catalogue.variants).toBeGreaterThan(1_000);
  expect(catalogue.products.filter(({ options }) => options.length === 0).length).toBeGreaterThan(20);
});

test('every record fits its own schema', () => {
  for (const product of catalogue.products) checkRecord(findSpec('pim', 'products'), product.id, product);
  for (const stock of catalogue.stock) checkRecord(findSpec('erp', 'stock'), stock.id, stock);
});

test('SKUs are unique, and each lies in both warehouses', () => {
  const skus = catalogue.products.flatMap(skusOf);
  expect(new Set(skus).size).toBe(skus.length);
  expect(catalogue.stock.map(({ id }) => id).sort()).toEqual(skus.flatMap((sku) => warehouses.map((warehouse) => `${sku}@${warehouse}`)).sort());
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
