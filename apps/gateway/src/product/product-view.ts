import type { Product } from '@steward/contracts';
import { ageOf, budgets, type FieldAge } from '../freshness/freshness';
import type { LiveFreshness } from '../freshness/live-freshness';
import { summaryOf, type AvailabilityState, type SkuAvailability } from './availability';
import type { ProductDocument } from './document';

export interface AvailabilityView {
  state: AvailabilityState;
  quantity: number | null;
  expectedAt: string | null;
  asOf: string | null;
  stale: boolean;
}

export interface ProductView {
  id: string;
  sku: string;
  status: 'ACTIVE' | 'ARCHIVED';
  language: string | null;
  name: string;
  description: string | null;
  slug: string | null;
  seo: { title: string | null; description: string | null };
  brand: string | null;
  categoryIds: readonly string[];
  attributes: Product['attributes'];
  media: { url: string; kind: string; alt: string | null }[];
  variants: { sku: string; gtin: string | null; attributes: Record<string, string>; availability: AvailabilityView }[];
  availability: AvailabilityView;
  revision: number;
  asOf: string | null;
  stale: boolean;
}

/** A field that is past its stale budget: what is shown of it, and how old it is. */
export interface DegradedField {
  product: string;
  sku: string | null;
  field: 'assortment' | 'content' | 'availability';
  reason: 'stale';
  asOf: string | null;
}

export interface Shown {
  view: ProductView;
  degraded: DegradedField[];
  /** Epoch ms at which time alone changes the answer. */
  validUntil: number;
}

/** While something is stale the answer is made anew at least this often, so that it recovers with the feed. */
const STALE_RECHECK_MS = 1_000;

/** The language that is really shown: the asked one, its base language, English, else the first there is. */
export function languageOf(texts: Product['texts'], asked: string | null): string | null {
  if (asked !== null) {
    if (Object.hasOwn(texts, asked)) return asked;
    const base = asked.split('-')[0] ?? asked;
    if (Object.hasOwn(texts, base)) return base;
  }
  return Object.hasOwn(texts, 'en') ? 'en' : (Object.keys(texts)[0] ?? null);
}

export function toView(document: ProductDocument, language: string | null, freshness: LiveFreshness, now: number): Shown {
  const { content, productId } = document;
  const degraded: DegradedField[] = [];
  const limits: number[] = [];
  const watch = (age: FieldAge, field: DegradedField['field'], sku: string | null): FieldAge => {
    limits.push(age.validUntil ?? now + STALE_RECHECK_MS);
    if (age.stale) degraded.push({ product: productId, sku, field, reason: 'stale', asOf: iso(age.asOf) });
    return age;
  };

  const told = { now, changedAt: document.contentChangedAt, progress: freshness.ofProduct(productId) };
  const assortment = watch(ageOf({ ...told, staleAfterMs: budgets.assortment }), 'assortment', null);
  const texts = watch(ageOf({ ...told, staleAfterMs: budgets.content }), 'content', null);

  const known = new Map(document.availability.map((entry) => [entry.sku, entry]));
  const stock = new Map<string, SkuView>();
  for (const sku of document.skus) {
    const entry = known.get(sku) ?? { sku, state: 'UNKNOWN', quantity: null, expectedAt: null, changedAt: null };
    const age = ageOf({ now, changedAt: entry.changedAt, progress: freshness.ofStock(sku), staleAfterMs: budgets.availability });
    stock.set(sku, { age: watch(age, 'availability', sku), shown: shownStock(entry, age, content.status) });
  }

  const text = language === null ? undefined : content.texts[language];
  return {
    degraded,
    validUntil: Math.min(...limits),
    view: {
      id: productId,
      sku: productId,
      status: content.status === 'active' ? 'ACTIVE' : 'ARCHIVED',
      language,
      name: text?.name ?? productId,
      description: text?.description ?? null,
      slug: text?.slug ?? null,
      seo: { title: text?.seoTitle ?? null, description: text?.seoDescription ?? null },
      brand: content.brand ?? null,
      categoryIds: content.categoryIds,
      attributes: content.attributes,
      media: content.media.map(({ url, kind, alt }) => ({ url, kind, alt: altOf(alt, language) })),
      variants: content.variants.flatMap((variant) => {
        const entry = stock.get(variant.sku);
        return entry ? [{ sku: variant.sku, gtin: variant.gtin ?? null, attributes: variant.attributes, availability: entry.shown }] : [];
      }),
      availability: summaryView([...stock.values()]),
      revision: document.revision,
      asOf: iso(assortment.asOf),
      stale: assortment.stale || texts.stale,
    },
  };
}

interface SkuView {
  age: FieldAge;
  shown: AvailabilityView;
}

/** Past its budget a quantity is no longer a promise: UNKNOWN, never zero. An archived product is not sold, whatever is in stock. */
function shownStock(entry: SkuAvailability, age: FieldAge, status: Product['status']): AvailabilityView {
  const shown = { asOf: iso(age.asOf), stale: age.stale };
  if (status !== 'active') return { state: 'OUT_OF_STOCK', quantity: 0, expectedAt: null, ...shown };
  if (age.stale) return { state: 'UNKNOWN', quantity: null, expectedAt: null, ...shown };
  return { state: entry.state, quantity: entry.quantity, expectedAt: entry.expectedAt, ...shown };
}

function summaryView(skus: readonly SkuView[]): AvailabilityView {
  const asOfs = skus.map(({ age }) => age.asOf);
  const expected = skus.flatMap(({ shown }) => shown.expectedAt ?? []).sort((a, b) => Date.parse(a) - Date.parse(b));
  return {
    ...summaryOf(skus.map(({ shown }) => shown)),
    expectedAt: expected[0] ?? null,
    asOf: asOfs.some((asOf) => asOf === null) ? null : iso(Math.min(...asOfs.map((asOf) => asOf ?? Infinity))),
    stale: skus.some(({ age }) => age.stale),
  };
}

function altOf(alt: Record<string, string> | null | undefined, language: string | null): string | null {
  if (alt === null || alt === undefined) return null;
  const shown = languageOf(alt as never, language);
  return shown === null ? null : (alt[shown] ?? null);
}

function iso(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
