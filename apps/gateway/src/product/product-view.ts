import type { Product } from '@steward/contracts';
import { crumbsOf, type Crumb } from '../category/breadcrumbs';
import type { LiveTree } from '../category/live-categories';
import { ageOf, answerUntil, budgets, type FieldAge } from '../freshness/freshness';
import type { KnownProgress } from '../freshness/live-freshness';
import { lowestOf, showPrice, type PriceView, type Shopper, type ShownPrice } from '../price/price-view';
import { languageOf } from '../storefront/language';
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
  /** From the top of the tree to the product's main category. */
  breadcrumbs: Crumb[];
  attributes: Product['attributes'];
  media: { url: string; kind: string; alt: string | null }[];
  variants: { sku: string; gtin: string | null; attributes: Record<string, string>; price: PriceView; availability: AvailabilityView }[];
  /** The lowest of its SKUs. */
  price: PriceView;
  /** Whether its SKUs differ in price. */
  priceVaries: boolean;
  availability: AvailabilityView;
  revision: number;
  /** When the content changed last, as opposed to stock and prices. */
  contentChangedAt: string;
  asOf: string | null;
  stale: boolean;
}

/** A field that is past its stale budget: what is shown of it, and how old it is. */
export interface DegradedField {
  product: string;
  sku: string | null;
  field: 'assortment' | 'content' | 'price' | 'availability';
  reason: 'stale';
  asOf: string | null;
}

export interface Shown {
  view: ProductView;
  degraded: DegradedField[];
  /** Epoch ms at which time alone changes the answer. */
  validUntil: number;
}

/** `context.language` is the one to show (languageOf), null when the product has no texts. */
export function toView(document: ProductDocument, context: Shopper & { language: string | null }, { known, tree }: { known: KnownProgress; tree: LiveTree }, now: number): Shown {
  const { content, productId } = document;
  const { language } = context;
  const degraded: DegradedField[] = [];
  const limits: number[] = [];
  const watch = (age: FieldAge, field: DegradedField['field'], sku: string | null): FieldAge => {
    limits.push(answerUntil(age, now));
    if (age.stale) degraded.push({ product: productId, sku, field, reason: 'stale', asOf: iso(age.asOf) });
    return age;
  };

  const told = { now, changedAt: document.contentChangedAt, progress: known.ofProduct(productId) };
  const assortment = watch(ageOf({ ...told, staleAfterMs: budgets.assortment }), 'assortment', null);
  const texts = watch(ageOf({ ...told, staleAfterMs: budgets.content }), 'content', null);

  const availability = new Map(document.availability.map((entry) => [entry.sku, entry]));
  const prices = new Map(document.prices.map(({ sku, entries }) => [sku, entries]));
  const shown = new Map<string, SkuView>();
  for (const sku of document.skus) {
    const entry = availability.get(sku) ?? { sku, state: 'UNKNOWN', quantity: null, expectedAt: null, changedAt: null };
    const age = ageOf({ now, changedAt: entry.changedAt, progress: known.ofStock(sku), staleAfterMs: budgets.availability });
    watch(age, 'availability', sku);

    const entries = prices.get(sku);
    const changedAt = entries === undefined || entries.length === 0 ? null : Math.min(...entries.map((each) => each.changedAt));
    const progress = known.ofPrices((entries ?? []).map(({ data }) => data.id));
    const priceAge = watch(ageOf({ now, changedAt, progress, staleAfterMs: budgets.price }), 'price', sku);
    const price = showPrice(entries, context, now);
    limits.push(price.validUntil - 1); // the boundary itself belongs to what comes after it
    shown.set(sku, { age, availability: shownStock(entry, age, content.status), price: shownPrice(price, priceAge) });
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
      breadcrumbs: crumbsOf(content.categoryIds, tree, language),
      attributes: content.attributes,
      media: content.media.map(({ url, kind, alt }) => ({ url, kind, alt: altOf(alt, language) })),
      variants: content.variants.flatMap((variant) => {
        const entry = shown.get(variant.sku);
        const { sku, gtin = null, attributes } = variant;
        return entry ? [{ sku, gtin, attributes, price: entry.price, availability: entry.availability }] : [];
      }),
      ...lowestOf([...shown.values()].map(({ price }) => price)),
      availability: summaryView([...shown.values()]),
      revision: document.revision,
      contentChangedAt: new Date(document.contentChangedAt).toISOString(),
      asOf: iso(assortment.asOf),
      stale: assortment.stale || texts.stale,
    },
  };
}

interface SkuView {
  /** Of the availability. */
  age: FieldAge;
  availability: AvailabilityView;
  price: PriceView;
}

/** Past its budget a price is still the last that was told; an order asks anew, and the shopper sees its age. */
function shownPrice({ view }: ShownPrice, age: FieldAge): PriceView {
  return { ...view, asOf: iso(age.asOf), stale: age.stale };
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
  const expected = skus.flatMap(({ availability }) => availability.expectedAt ?? []).sort((a, b) => Date.parse(a) - Date.parse(b));
  return {
    ...summaryOf(skus.map(({ availability }) => availability)),
    expectedAt: expected[0] ?? null,
    asOf: asOfs.some((asOf) => asOf === null) ? null : iso(Math.min(...asOfs.map((asOf) => asOf ?? Infinity))),
    stale: skus.some(({ age }) => age.stale),
  };
}

function altOf(alt: Record<string, string> | null | undefined, language: string | null): string | null {
  if (alt === null || alt === undefined) return null;
  const shown = languageOf(alt, language);
  return shown === null ? null : (alt[shown] ?? null);
}

function iso(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
