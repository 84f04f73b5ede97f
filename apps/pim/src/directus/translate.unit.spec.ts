import { category, product } from '@steward/contracts';
import { categoryWire, productWire } from './directus.wire';
import { toCategory, toProduct } from './translate';

const blank = { description: null, seo_title: null, seo_description: null };
const english = { ...blank, languages_code: 'en-US', name: 'Tent', slug: 'tent', description: 'Dry' };
const german = { ...blank, languages_code: 'de-DE', name: 'Zelt', slug: 'zelt', seo_title: 'Zelte' };
// As Directus 12.4.0 answers the query of the connector.
const record = {
  id: 17,
  sku: 'OU-1',
  status: 'published',
  brand: 'Nordweg',
  attributes: { weight: 1.2, colour: 'red', seasons: ['summer'], waterproof: true, retired: null },
  translations: [english, german],
  variants: [
    { sku: 'OU-1-R', gtin: '4006381333931', attributes: { size: 2, colour: 'red' } },
    { sku: 'OU-1-B', gtin: null, attributes: null },
  ],
  categories: [{ categories_id: 4 }, { categories_id: null }, { categories_id: '2' }, { categories_id: 4 }],
  media: [
    { directus_files_id: { id: 'a1', type: 'image/webp' } },
    { directus_files_id: null },
    { directus_files_id: { id: 'a2', type: 'application/pdf' } },
    { directus_files_id: { id: 'a3', type: null } },
  ],
};
const translated = (given: object = {}): ReturnType<typeof toProduct> => {
  const data = toProduct(productWire.parse({ ...record, ...given }), 'https://pim.example/assets');
  expect(product.validateProduced(data)).toEqual([]);
  return data;
};

describe('a product of Directus', () => {
  it('is told in the words of the contract', () => {
    expect(translated()).toEqual({
      id: '17',
      status: 'active',
      categoryIds: ['4', '2'],
      brand: 'Nordweg',
      texts: {
        de: { name: 'Zelt', description: null, slug: 'zelt', seoTitle: 'Zelte', seoDescription: null },
        en: { name: 'Tent', description: 'Dry', slug: 'tent', seoTitle: null, seoDescription: null },
      },
      attributes: { colour: 'red', seasons: ['summer'], waterproof: true, weight: 1.2 },
      media: [
        { url: 'https://pim.example/assets/a1', kind: 'image' },
        { url: 'https://pim.example/assets/a2', kind: 'document' },
        { url: 'https://pim.example/assets/a3', kind: 'other' },
      ],
      variants: [
        { sku: 'OU-1-R', attributes: { colour: 'red', size: '2' }, gtin: '4006381333931' },
        { sku: 'OU-1-B', attributes: {}, gtin: null },
      ],
    });
  });

  it('gives the same text whatever order translations and attributes came in', () => {
    const turned = { translations: [german, english], attributes: Object.fromEntries(Object.entries(record.attributes).reverse()) };
    expect(JSON.stringify(translated(turned))).toBe(JSON.stringify(translated()));
  });

  it('without variants is its own one variant, and none without a SKU', () => {
    expect(translated({ variants: [] }).variants).toEqual([{ sku: 'OU-1', attributes: {} }]);
    expect(translated({ variants: [], sku: null }).variants).toEqual([]);
  });

  it.each([
    { status: 'published', told: 'active' },
    { status: 'draft', told: 'draft' },
    { status: 'archived', told: 'archived' },
  ])('that is $status is $told', ({ status, told }) => {
    expect(translated({ status }).status).toBe(told);
  });

  it('is refused in a status, or with a variant, that the contract has no word for', () => {
    const faults = (given: object): string[] => productWire.safeParse({ ...record, ...given }).error?.issues.map(({ path }) => path.join('.')) ?? [];
    expect(faults({ status: 'review' })).toEqual(['status']);
    expect(faults({ variants: [{ sku: null, gtin: null, attributes: null }] })).toEqual(['variants.0.sku']);
    expect(faults({ id: 'a0ee-uuid' })).toEqual(['id']);
  });
});

describe('the language of a text', () => {
  const tags = (...locales: string[]): Record<string, string> =>
    Object.fromEntries(Object.entries(translated({ translations: locales.map((code) => ({ ...english, languages_code: code, name: code })) }).texts).map(([tag, { name }]) => [tag, name]));

  it('has no region (ADR 0001)', () => {
    expect(tags('de-DE', 'en-US', 'fr', 'zh-Hans-CN')).toEqual({ de: 'de-DE', en: 'en-US', fr: 'fr', 'zh-Hans': 'zh-Hans-CN' });
  });

  it('keeps the region where another one of the language stands for it: no text is lost', () => {
    expect(tags('de-AT', 'de-DE', 'en-US', 'en-GB')).toEqual({ de: 'de-DE', 'de-AT': 'de-AT', en: 'en-GB', 'en-US': 'en-US' });
    expect(tags('de-AT')).toEqual({ de: 'de-AT' });
    expect(tags('de-DE', 'de')).toEqual({ de: 'de', 'de-DE': 'de-DE' });
  });

  it('is none of a translation that has only been begun', () => {
    const begun = [english, { ...german, name: null }, { ...german, languages_code: 'fr-FR', slug: '' }, { ...german, languages_code: null }];
    expect(Object.keys(translated({ translations: begun }).texts)).toEqual(['en']);
  });

  it('that is no language tag refuses the item', () => {
    expect(() => translated({ translations: [{ ...english, languages_code: 'de_DE' }] })).toThrow(RangeError);
  });
});

describe('a category of Directus', () => {
  const node = { id: 3, parent: 1, sort: 30, translations: [english] };

  it('is told in the words of the contract', () => {
    const data = toCategory(categoryWire.parse(node));
    expect(category.validateProduced(data)).toEqual([]);
    expect(data).toEqual({ id: '3', parentId: '1', position: 30, texts: { en: { name: 'Tent', description: 'Dry', slug: 'tent', seoTitle: null, seoDescription: null } } });
  });

  it('may be at the top and in no order', () => {
    expect(toCategory(categoryWire.parse({ ...node, parent: null, sort: null }))).toMatchObject({ parentId: null, position: 0 });
  });
});
