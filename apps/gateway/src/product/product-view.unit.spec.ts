import type { Product } from '@steward/contracts';
import { budgets } from '../freshness/freshness';
import { LiveFreshness } from '../freshness/live-freshness';
import type { ProductDocument } from './document';
import { languageOf, toView } from './product-view';

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
};

function feeds(upTo: number): LiveFreshness {
  const live = new LiveFreshness();
  live.apply([{ system: 'pim', entity: 'product', appliedUpTo: upTo }, { system: 'erp', entity: 'stock-level', appliedUpTo: upTo }]);
  return live;
}

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
    expect(degraded.map(({ field }) => field)).toEqual(['assortment', 'content', 'availability', 'availability']);
  });

  it('is valid until its first field goes stale', () => {
    expect(toView(document, 'en', feeds(start), start + 1).validUntil).toBe(start + budgets.availability);
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

  it('falls back to the first there is, and to none', () => {
    expect(languageOf({ fr: { name: 'x', slug: 'x' } }, 'de')).toBe('fr');
    expect(languageOf({}, 'de')).toBeNull();
  });
});
