/**
 * What a cart costs now, from the same documents and by the same rule as the page (C11). Nothing is asked behind the gateway. Whether
 * there is stock is told, and not decided: that is for whoever reserves (S1).
 */
import { applyPromotions, lineTotals, orderTotals, selectPrice, type Amounts, type WhyNoPrice } from '@steward/commerce';
import type { Promotion } from '@steward/contracts';
import type { CachedDocument, Surroundings } from '../document-cache/cached-document';
import type { AvailabilityView } from '../product/product-view';
import type { Context } from '../storefront/context';
import type { ShippingRate } from './shipping';

interface AskedLine {
  readonly sku: string;
  readonly quantity: number;
}

/** Why a line can't be ordered, or probably not as it is: the first that holds. */
export type LineIssue =
  | { readonly code: 'UNKNOWN_SKU' | 'NOT_SOLD' | 'OUT_OF_STOCK' | 'NOT_ENOUGH_STOCK'; readonly reason: null }
  | { readonly code: 'NO_PRICE'; readonly reason: WhyNoPrice };

export interface LinePrice extends Amounts {
  readonly unitAmount: number;
  /** What the price is compared with (struck through). */
  readonly listAmount: number | null;
  /** Of the whole line. */
  readonly discountAmount: number;
  readonly taxRateBp: number;
  readonly taxMode: 'included' | 'excluded';
  readonly priceId: string;
  readonly priceRevision: number;
  readonly promotionIds: readonly string[];
}

export interface QuotedLine extends AskedLine {
  readonly price: LinePrice | null;
  readonly availability: AvailabilityView | null;
  readonly issue: LineIssue | null;
  /** Epoch ms at which time alone may change the price; Infinity when no boundary lies ahead. */
  readonly validUntil: number;
}

export interface QuotedShipping extends Amounts {
  readonly method: string;
  readonly unitAmount: number;
  readonly taxRateBp: number;
}

export interface Quote {
  readonly lines: readonly QuotedLine[];
  /** null where nothing is charged for it. */
  readonly shipping: QuotedShipping | null;
  readonly codes: readonly { readonly code: string; readonly applied: boolean }[];
  /** Of the lines that have a price, and of shipping. */
  readonly totals: Amounts;
}

interface CartQuestion {
  readonly lines: readonly AskedLine[];
  /** Pieces that the shopper's cart holds, by SKU: nobody else gets them, so the shop no longer counts them. */
  readonly held: ReadonlyMap<string, number>;
  readonly context: Context;
  readonly taxRateBp: number;
  readonly shipping: ShippingRate | null;
  /** Of the market. */
  readonly promotions: readonly Promotion[];
  readonly codes: readonly string[];
  readonly at: number;
}

/** `found`: the document of each line's SKU, in the order of the lines. */
export function quote(question: CartQuestion, found: readonly (CachedDocument | undefined)[], surroundings: Surroundings): Quote {
  const { lines, codes } = promoted(question.lines.map((line, index) => quoteLine(line, found[index], question, surroundings)), question);
  const shipping = question.shipping === null ? null : quoteShipping(question.shipping, question.taxRateBp);
  return { lines, shipping, codes, totals: orderTotals(lines.flatMap(({ price }) => price ?? []), shipping) };
}

/** Promotions over all lines that have a price. What of them ends ends the price of each line: the discount of one depends on the others. */
function promoted(lines: readonly QuotedLine[], { context, promotions, codes, at }: CartQuestion): Pick<Quote, 'lines' | 'codes'> {
  const priced = lines.flatMap((line) => (line.price === null ? [] : [{ line, price: line.price }]));
  const { market, currency, customerGroup } = context;
  const { discounts, validUntil } = applyPromotions(priced.map(({ line, price }) => ({ ...line, unitAmount: price.unitAmount })), promotions, { market, currency, customerGroup, codes, at });
  const lowered = new Map(
    priced.map(({ line, price }, index) => {
      const { discountAmount, promotionIds } = discounts[index] ?? { discountAmount: 0, promotionIds: [] };
      const terms = { ...price, discountAmount, promotionIds };
      return [line, { ...line, price: { ...terms, ...lineTotals({ ...terms, quantity: line.quantity }) }, validUntil: Math.min(line.validUntil, validUntil ?? Infinity) }];
    }),
  );
  const applied = new Set(discounts.flatMap(({ promotionIds }) => promotionIds));
  const inUse = new Set(promotions.flatMap(({ id, code }) => (code !== null && applied.has(id) ? [code.toUpperCase()] : [])));
  return { lines: lines.map((line) => lowered.get(line) ?? line), codes: codes.map((code) => ({ code, applied: inUse.has(code.toUpperCase()) })) };
}

function quoteLine(line: AskedLine, cached: CachedDocument | undefined, { context, taxRateBp, held, at }: CartQuestion, surroundings: Surroundings): QuotedLine {
  const none = { ...line, price: null, availability: null, validUntil: Infinity };
  // A product with variants is no SKU itself: one of them has to be chosen.
  if (cached === undefined || !cached.document.skus.includes(line.sku)) return { ...none, issue: { code: 'UNKNOWN_SKU', reason: null } };
  const { view } = cached.rendered(context, surroundings, at);
  const availability = view.variants.find(({ sku }) => sku === line.sku)?.availability ?? view.availability;
  if (view.status !== 'ACTIVE') return { ...none, availability, issue: { code: 'NOT_SOLD', reason: null } };

  const stored = cached.document.prices.find(({ sku }) => sku === line.sku)?.entries ?? [];
  const { market, currency, customerGroup } = context;
  const selected = selectPrice(stored.map(({ data }) => data), { market, currency, customerGroup, quantity: line.quantity, at });
  const validUntil = selected.validUntil ?? Infinity;
  if (!selected.found) return { ...none, availability, validUntil, issue: { code: 'NO_PRICE', reason: selected.reason } };
  const { id, amount, listAmount = null, taxMode } = selected.price;
  const terms = { unitAmount: amount, quantity: line.quantity, discountAmount: 0, taxRateBp, taxMode };
  const price: LinePrice = {
    unitAmount: amount,
    listAmount,
    discountAmount: 0,
    taxRateBp,
    taxMode,
    ...lineTotals(terms),
    priceId: id,
    priceRevision: stored.find(({ data }) => data.id === id)?.revision ?? 0,
    promotionIds: [],
  };
  return { ...line, price, availability, issue: stockIssue(line.quantity - (held.get(line.sku) ?? 0), availability), validUntil };
}

/** Of what is wanted beyond what is held. What is not known is no reason to turn a shopper away, nor is a backorder. */
function stockIssue(quantity: number, { state, quantity: left }: AvailabilityView): LineIssue | null {
  if (quantity <= 0) return null;
  if (state === 'OUT_OF_STOCK') return { code: 'OUT_OF_STOCK', reason: null };
  const short = (state === 'IN_STOCK' || state === 'LOW_STOCK') && left !== null && left < quantity;
  return short ? { code: 'NOT_ENOUGH_STOCK', reason: null } : null;
}

function quoteShipping({ method, amount }: ShippingRate, taxRateBp: number): QuotedShipping {
  return { method, unitAmount: amount, taxRateBp, ...lineTotals({ unitAmount: amount, quantity: 1, discountAmount: 0, taxRateBp, taxMode: 'included' }) };
}
