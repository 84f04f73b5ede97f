/** From Directus's words to the contract's. Objects are built in a fixed order: the hash is taken from their text. */
import type { Category, Product } from '@steward/contracts';
import type { DirectusCategory, DirectusProduct, DirectusTranslation } from './directus.wire';

const states = { published: 'active', draft: 'draft', archived: 'archived' } as const;

type Text = Product['texts'][string] & Category['texts'][string];

/** `assetsUrl`: where the public finds Directus's files. */
export function toProduct(record: DirectusProduct, assetsUrl: string): Product {
  return {
    id: record.id,
    status: states[record.status],
    // The contract's list has each category once.
    categoryIds: [...new Set(record.categories.flatMap(({ categories_id: id }) => id ?? []))],
    brand: record.brand === '' ? null : record.brand,
    texts: toTexts(record.translations),
    attributes: withoutNulls(record.attributes ?? {}, (value) => value),
    media: record.media.flatMap(({ directus_files_id: file }) => (file === null ? [] : { url: `${assetsUrl}/${file.id}`, kind: toKind(file.type ?? '') })),
    variants: toVariants(record),
  };
}

export function toCategory(record: DirectusCategory): Category {
  return { id: record.id, parentId: record.parent, position: record.sort ?? 0, texts: toTexts(record.translations) };
}

/** The id of a product is a number of Directus's and no SKU: a product that is sold as it is has itself as its one variant. */
function toVariants({ sku, variants }: DirectusProduct): Product['variants'] {
  if (variants.length === 0) return sku ? [{ sku, attributes: {} }] : [];
  return variants.map((variant) => ({
    sku: variant.sku,
    attributes: withoutNulls(variant.attributes ?? {}, String),
    gtin: variant.gtin === '' ? null : variant.gtin,
  }));
}

function toTexts(translations: readonly DirectusTranslation[]): Record<string, Text> {
  const finished = new Map<string, Text>();
  for (const { languages_code: locale, name, slug, description, seo_title, seo_description } of translations) {
    // A translation that somebody has only begun is no text yet.
    if (locale && name && slug) finished.set(new Intl.Locale(locale).baseName, { name, description, slug, seoTitle: seo_title, seoDescription: seo_description });
  }
  const tags = tagsOf([...finished.keys()]);
  return Object.fromEntries([...finished].map(([locale, text]) => [tags.get(locale) as string, text] as const).sort(byName));
}

/**
 * Texts have languages, not regions (ADR 0001): `de-DE` is `de`. Of several regions of one language its own one (`de-DE` before
 * `de-AT`), else the first by name, stands for the language, and the others keep their tag: no text is lost.
 */
function tagsOf(locales: readonly string[]): Map<string, string> {
  const tags = new Map<string, string>();
  const groups = Map.groupBy(locales.map((locale) => new Intl.Locale(locale)), ({ language, script }) => [language, script].filter(Boolean).join('-'));
  for (const [language, group] of groups) {
    const own = (locale: Intl.Locale): number => Number(locale.region !== undefined && locale.region !== language.toUpperCase());
    group.sort((a, b) => own(a) - own(b) || (a.baseName < b.baseName ? -1 : 1));
    group.forEach(({ baseName }, index) => tags.set(baseName, index === 0 ? language : baseName));
  }
  return tags;
}

function toKind(mimeType: string): Product['media'][number]['kind'] {
  const [main] = mimeType.split('/');
  if (main === 'image' || main === 'video') return main;
  return mimeType === 'application/pdf' ? 'document' : 'other';
}

/** By name: a JSON field promises no order, and the same content must have the same hash. A cleared attribute is none. */
function withoutNulls<From, To>(record: Readonly<Record<string, From | null>>, change: (value: From) => To): Record<string, To> {
  const given = Object.entries(record).flatMap(([name, value]) => (value === null ? [] : [[name, change(value)] as const]));
  return Object.fromEntries(given.sort(byName));
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);
