import { category, product } from '@steward/contracts';
import { categoryWire, productWire } from './sandbox.wire';
import { toCategory, toProduct } from './translate';

const record = {
  id: 'OU-1',
  sku: 'OU-1',
  state: 'published',
  categories: ['outdoor', 'tents', 'outdoor'],
  manufacturer: 'Nordweg',
  labels: { en: { title: 'Tent', text: 'Dry', urlKey: 'tent', metaTitle: null }, de: { title: 'Zelt', urlKey: 'zelt' } },
  specs: { weight: 1200, color: 'red', seasons: ['summer'], waterproof: true },
  pictures: [
    { href: 'https://media.example/1.webp', type: 'image', captions: { en: 'front', de: 'vorn' } },
    { href: 'https://media.example/2.glb', type: 'hologram' },
  ],
  options: [{ sku: 'OU-1-R', size: 'M', color: null, ean: '4006381333931' }, { sku: 'OU-1-B', color: 'blue', ean: null }],
  modifiedAt: '2026-11-24T10:00:00.000Z',
  version: 7,
};
const translated = (given: object = {}): ReturnType<typeof toProduct> => toProduct(productWire.parse({ ...record, ...given }));

describe('a product of the sandbox', () => {
  it('is told in the words of the contract', () => {
    const data = translated();
    expect(product.validateProduced(data)).toEqual([]);
    expect(data).toEqual({
      id: 'OU-1',
      status: 'active',
      categoryIds: ['outdoor', 'tents'],
      brand: 'Nordweg',
      texts: { de: { name: 'Zelt', slug: 'zelt' }, en: { name: 'Tent', description: 'Dry', slug: 'tent', seoTitle: null } },
      attributes: { color: 'red', seasons: ['summer'], waterproof: true, weight: 1200 },
      media: [
        { url: 'https://media.example/1.webp', kind: 'image', alt: { de: 'vorn', en: 'front' } },
        { url: 'https://media.example/2.glb', kind: 'other' },
      ],
      variants: [
        { sku: 'OU-1-R', attributes: { size: 'M' }, gtin: '4006381333931' },
        { sku: 'OU-1-B', attributes: { color: 'blue' }, gtin: null },
      ],
    });
  });

  it('keeps absent, cleared and given apart', () => {
    expect('brand' in translated({ manufacturer: undefined })).toBe(false);
    expect(translated({ manufacturer: null }).brand).toBeNull();
  });

  it('gives the same text whatever order the maps came in', () => {
    const turned = { labels: { de: record.labels.de, en: record.labels.en }, specs: Object.fromEntries(Object.entries(record.specs).reverse()) };
    expect(JSON.stringify(translated(turned))).toBe(JSON.stringify(translated()));
  });

  it('refuses a state it does not know', () => {
    expect(productWire.safeParse({ ...record, state: 'frozen' }).error?.issues.map(({ code }) => code)).toEqual(['invalid_value']);
  });
});

describe('a category of the sandbox', () => {
  const node = { id: 'tents', parent: 'outdoor', order: 30, labels: { en: { title: 'Tents', text: null, urlKey: 'tents' }, de: { title: 'Zelte', urlKey: 'zelte', metaTitle: 'Zelte' } }, modifiedAt: '2026-11-24T10:00:00.000Z', version: 3 };

  it('is told in the words of the contract, its texts in the order of their locales', () => {
    const data = toCategory(categoryWire.parse(node));
    expect(category.validateProduced(data)).toEqual([]);
    expect(JSON.stringify(data)).toBe(
      JSON.stringify({ id: 'tents', parentId: 'outdoor', position: 30, texts: { de: { name: 'Zelte', slug: 'zelte', seoTitle: 'Zelte' }, en: { name: 'Tents', description: null, slug: 'tents' } } }),
    );
    expect(toCategory(categoryWire.parse({ ...node, parent: null })).parentId).toBeNull();
  });

  it('is refused without a parent field: the top is said, never guessed', () => {
    const { parent: _parent, ...rest } = node;
    expect(categoryWire.safeParse(rest).success).toBe(false);
  });
});
