/** What editors and scripts do in Directus: fill a catalogue, change it, look at what is there. */
import type { DirectusSession } from './directus-session';

const languages = { 'en-US': 'English', 'de-DE': 'Deutsch' } as const;
type Locale = keyof typeof languages;

/** A product or category as far as a proof compares it; lists are in Directus's order. */
export interface Shown {
  readonly names: Readonly<Record<string, string>>;
  readonly place: unknown;
}
export interface Catalogue {
  readonly products: Readonly<Record<string, Shown>>;
  readonly categories: Readonly<Record<string, Shown>>;
}

interface Translation {
  readonly languages_code: Locale;
  readonly name: string;
}
interface ProductRow {
  readonly id: number;
  readonly status: string;
  readonly brand: string | null;
  readonly translations: readonly Translation[];
  readonly variants: readonly { sku: string; gtin: string | null }[];
  readonly categories: readonly { categories_id: number }[];
}
interface CategoryRow {
  readonly id: number;
  readonly parent: number | null;
  readonly sort: number;
  readonly translations: readonly Translation[];
}

const translationsOf = (name: string): object[] =>
  Object.entries(languages).map(([code, language]) => ({ languages_code: code, name: `${name} ${language}`, slug: `${name}-${language}`.toLowerCase().replaceAll(' ', '-') }));

export function productOf(index: number, categories: readonly number[]): object {
  const sku = `D-${String(index + 1).padStart(4, '0')}`;
  const first = categories[index % categories.length];
  const second = categories[(index * 7 + 3) % categories.length];
  return {
    sku,
    status: index % 20 === 19 ? 'archived' : 'published',
    brand: index % 3 === 0 ? null : 'Nordweg',
    attributes: { weight: 100 + index, colour: index % 2 === 0 ? 'red' : 'blue' },
    translations: translationsOf(`Product ${index + 1}`),
    variants: Array.from({ length: 1 + (index % 3) }, (_, n) => ({ sku: `${sku}-${n}`, sort: n, attributes: { size: n }, gtin: null })),
    categories: [...new Set([first, second])].map((each, sort) => ({ categories_id: each, sort })),
  };
}

/** Answers the ids of the categories and of the products. */
export async function seedCatalogue({ call }: DirectusSession, counts: { categories: number; products: number }): Promise<{ categories: number[]; products: number[] }> {
  await call('POST', '/items/languages', Object.entries(languages).map(([code, name]) => ({ code, name })));
  const categories: number[] = [];
  for (let index = 0; index < counts.categories; index += 1) {
    const { id } = await call<{ id: number }>('POST', '/items/categories', { parent: index < 3 ? null : categories[index % 3], sort: index, translations: translationsOf(`Category ${index + 1}`) });
    categories.push(id);
  }
  const products: number[] = [];
  for (let from = 0; from < counts.products; from += 50) {
    const batch = Array.from({ length: Math.min(50, counts.products - from) }, (_, n) => productOf(from + n, categories));
    products.push(...(await call<{ id: number }[]>('POST', '/items/products?fields=id', batch)).map(({ id }) => id));
  }
  return { categories, products };
}

/** All there is, as the storefront's side should know it. */
export async function readCatalogue({ call }: DirectusSession): Promise<Catalogue> {
  const deep = { translations: { _limit: -1 }, variants: { _limit: -1, _sort: ['sort', 'id'] }, categories: { _limit: -1, _sort: ['sort', 'id'] } };
  const read = <Row>(collection: string, fields: readonly string[], lists: object): Promise<Row[]> =>
    call<Row[]>('SEARCH', `/items/${collection}`, { query: { fields, deep: lists, sort: ['id'], limit: -1 } });
  const products = await read<ProductRow>('products', ['id', 'status', 'brand', 'translations.languages_code', 'translations.name', 'variants.sku', 'variants.gtin', 'categories.categories_id'], deep);
  const categories = await read<CategoryRow>('categories', ['id', 'parent', 'sort', 'translations.languages_code', 'translations.name'], { translations: { _limit: -1 } });
  const names = (translations: readonly Translation[]): Record<string, string> => Object.fromEntries(translations.map(({ languages_code: code, name }) => [code.slice(0, 2), name] as const).sort());
  return {
    products: Object.fromEntries(
      products.map(({ id, status, brand, translations, variants, categories: own }) => [
        id,
        { names: names(translations), place: [status === 'published' ? 'active' : status, brand, own.map((each) => String(each.categories_id)), variants.map(({ sku, gtin }) => [sku, gtin])] },
      ]),
    ),
    categories: Object.fromEntries(categories.map(({ id, parent, sort, translations }) => [id, { names: names(translations), place: [parent === null ? null : String(parent), sort] }])),
  };
}

/** The id of the row of `<collection>_translations` that holds this text. */
export async function translationIn({ call }: DirectusSession, collection: 'products' | 'categories', id: number, locale: Locale): Promise<number> {
  const filter = { [`${collection}_id`]: { _eq: id }, languages_code: { _eq: locale } };
  const [row] = await call<{ id: number }[]>('SEARCH', `/items/${collection}_translations`, { query: { fields: ['id'], filter, limit: 1 } });
  if (row === undefined) throw new Error(`no ${locale} of ${collection} ${id}`);
  return row.id;
}
