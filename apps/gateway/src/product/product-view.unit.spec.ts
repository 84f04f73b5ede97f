import type { Price, Product } from '@steward/contracts';
import { budgets } from '../freshness/freshness';
import { LiveCategories } from '../category/live-categories';
import { LiveFreshness } from '../freshness/live-freshness';
import type { ProductDocument } from './document';
import { languageOf } from '../storefront/language';
import { toView as toViewIn, type Shown } from './product-view';

const start = Date.parse('2026-11-24T10:00:00.000Z');

const content: Product = {
  id: 'P',
  status: 'active',
  categoryIds: ['c'],
  brand: null,
  texts: { de: { name: 'Hemd', slug: 'hemd' }, en: { name: 'Shirt', slug: 'shirt' }, fr: { name: 'Chemise', slug: 'chemise' } },
  attributes: { colour: ['red', 'blue'], weight: 3 },
  media: [{ url: 'https://x.example/1.jpg', kind: 'image', alt: { de: 'Bild' } }],
  variants: [{ sku: 'P-S', attributes: { size: 'S' } }, { sku: 'P-M', attributes: { size: 'M' }, gtin: '12345678' }],
};

const priceEntry = (id: string, amount: number, more: Partial<Price> = {}) => ({
  revision: 3,
  changedAt: start,
  data: { id, sku: 'P', market: 'eu', currency: 'EUR', customerGroup: 'public', minQuantity: 1, validFrom: null, validTo: null, amount, taxMode: 'included' as const, ...more },
});

const document: ProductDocument = {
  productId: 'P',
  revision: 7,
  content,
  contentChangedAt: start,
  skus: ['P-S', 'P-M'],
  availability: [
    { sku: 'P-S', state: 'IN_STOCK', quantity: 9, expectedAt: null, changedAt: start },
    { sku: 'P-M', state: 'OUT_OF_STOCK', quantity: 0, expectedAt: null, changedAt: start + 1_000 },
  ],
  prices: [
    { sku: 'P-S', entries: [priceEntry('eu-S', 1_000)] },
    { sku: 'P-M', entries: [priceEntry('eu-M', 1_200), priceEntry('eu-M-sale', 900, { validFrom: '2026-11-24T11:00:00.000Z', validTo: '2026-11-24T12:00:00.000Z', listAmount: 1_200 }), priceEntry('eu-M-10', 1_100, { minQuantity: 10 })] },
  ],
};

function feeds(upTo: number): LiveFreshness {
  const live = new LiveFreshness();
  live.apply([{ system: 'pim', entity: 'product', appliedUpTo: upTo }, { system: 'erp', entity: 'stock-level', appliedUpTo: upTo }, { system: 'pricing', entity: 'price', appliedUpTo: upTo }]);
  return live;
}

const toView = (shown: ProductDocument, language: string, live: LiveFreshness, now: number): Shown =>
  toViewIn(shown, { market: 'eu', currency: 'EUR', customerGroup: 'public', language }, { known: live.current, tree: new LiveCategories().tree }, now);

describe('view of a product', () => {
  it('shows each variant with its own availability and the product with that of all', () => {
    const { view, degraded } = toView(document, 'de', feeds(start), start + 5_000);
    expect(view).toMatchObject({ name: 'Hemd', language: 'de', revision: 7, stale: false, availability: { state: 'IN_STOCK', quantity: 9, stale: false } });
    expect(view.variants.map((variant) => [variant.sku, variant.availability.state, variant.availability.quantity])).toEqual([['P-S', 'IN_STOCK', 9], ['P-M', 'OUT_OF_STOCK', 0]]);
    expect(view.media[0]?.alt).toBe('Bild');
    expect(degraded).toEqual([]);
  });

  it('O8: past its budget the stock is UNKNOWN with its age, never zero, and the rest of the page stays', () => {
    const { view, degraded } = toView(document, 'en', feeds(start), start + budgets.availability + 2_000);
    expect(view.availability).toEqual({ state: 'UNKNOWN', quantity: null, expectedAt: null, asOf: new Date(start).toISOString(), stale: true });
    expect(view).toMatchObject({ name: 'Shirt', stale: false });
    expect(degraded.map(({ field, sku }) => [field, sku])).toEqual([['availability', 'P-S'], ['availability', 'P-M']]);
  });

  it('O8: stale content stays and says so', () => {
    const { view, degraded } = toView(document, 'en', feeds(start), start + budgets.content + 1);
    expect(view).toMatchObject({ name: 'Shirt', stale: true, asOf: new Date(start).toISOString() });
    expect(degraded.map(({ field }) => field)).toEqual(['assortment', 'content', 'availability', 'price', 'availability', 'price']);
  });

  it('is valid until its first field goes stale', () => {
    expect(toView(document, 'en', feeds(start), start + 1).validUntil).toBe(start + budgets.availability);
  });

  it('shows the lowest price, why it holds, and what more pieces cost', () => {
    const { view } = toView(document, 'en', feeds(start), start);
    expect(view.price).toMatchObject({ value: { minorUnits: '1000', currency: 'EUR', amount: '10.00' }, tax: 'INCLUDED', reason: null, entry: { id: 'eu-S', revision: 3 }, tiers: [], stale: false });
    expect(view.priceVaries).toBe(true);
    expect(view.variants[1]?.price).toMatchObject({ value: { minorUnits: '1200' }, tiers: [{ minQuantity: 10, value: { minorUnits: '1100' } }], validUntil: '2026-11-24T11:00:00.000Z' });
  });

  it('C11: a price begins and ends by time alone, and the answer is valid until just before', () => {
    const at = (hour: number) => toView(document, 'en', feeds(start + hour * 3_600_000), start + hour * 3_600_000);
    const season = Date.parse('2026-11-24T11:00:00.000Z');
    // Stock is fresh for a shorter time than the season is away.
    expect(toView(document, 'en', feeds(season - 60_000), season - 60_000).validUntil).toBe(season - 1);
    expect(at(1).view.variants[1]?.price).toMatchObject({ value: { minorUnits: '900' }, listValue: { minorUnits: '1200' }, entry: { id: 'eu-M-sale' } });
    expect([at(1).view.price.value?.minorUnits, at(2).view.price.value?.minorUnits]).toEqual(['900', '1000']);
  });

  it('says why there is no price, and never shows zero instead', () => {
    const us = toViewIn(document, { market: 'us', currency: 'USD', customerGroup: 'public', language: 'en' }, { known: feeds(start).current, tree: new LiveCategories().tree }, start).view;
    expect([us.price.value, us.price.reason, us.priceVaries]).toEqual([null, 'NOT_IN_MARKET', false]);
    expect(toView({ ...document, prices: [] }, 'en', feeds(start), start).view.price).toMatchObject({ value: null, reason: 'UNKNOWN' });
  });

  it('O8: a price in doubt is shown with its age', () => {
    const live = feeds(start);
    live.exclude([{ entity: 'price', key: 'eu-M-10' }]);
    const { view } = toView(document, 'en', live, start + 70 * 60_000);
    expect([view.variants[1]?.price.stale, view.variants[1]?.price.value?.minorUnits]).toEqual([true, '900']);
  });

  it('does not offer an archived product, whatever is in stock', () => {
    const archived: ProductDocument = { ...document, content: { ...content, status: 'archived' } };
    expect(toView(archived, 'en', feeds(start), start).view).toMatchObject({ status: 'ARCHIVED', availability: { state: 'OUT_OF_STOCK', quantity: 0 } });
  });
});

describe('language of a product', () => {
  it.each([
    ['de', 'de'],
    ['de-AT', 'de'],
    ['it', 'en'],
    [null, 'en'],
    ['__proto__', 'en'],
  ])('asked %s shows %s', (asked, shown) => {
    expect(languageOf(content.texts, asked)).toBe(shown);
  });

  it('falls back to the first by its tag, and to none', () => {
    expect(languageOf({ sv: { name: 'x', slug: 'x' }, fr: { name: 'x', slug: 'x' } }, 'de')).toBe('fr');
    expect(languageOf({}, 'de')).toBeNull();
  });
});
