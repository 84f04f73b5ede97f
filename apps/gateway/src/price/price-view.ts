/** The price of one SKU as a storefront sees it: what it costs, why, and until when that is true. */
import type { Price } from '@steward/contracts';
import { selectPrice, toMoney, type Money, type PriceQuestion, type SelectedPrice, type WhyNoPrice } from '@steward/commerce';
import type { StoredPrice } from './price.store';

export interface PriceView {
  /** null when there is none; then `reason` says why. */
  value: Money | null;
  /** What the value is compared with (struck through). */
  listValue: Money | null;
  tax: 'INCLUDED' | 'EXCLUDED' | null;
  reason: WhyNoPrice | 'UNKNOWN' | null;
  /** The price list's entry that holds. */
  entry: EntryView | null;
  /** Lower prices from a larger quantity on, smallest quantity first. */
  tiers: { minQuantity: number; value: Money }[];
  /** The next moment at which time alone may change this; null when no boundary lies ahead. */
  validUntil: string | null;
  asOf: string | null;
  stale: boolean;
}

export interface EntryView extends Pick<Price, 'id' | 'market' | 'currency' | 'customerGroup' | 'minQuantity' | 'validFrom' | 'validTo'> {
  revision: number;
}

export interface ShownPrice {
  view: Omit<PriceView, 'asOf' | 'stale'>;
  /** Epoch ms of the next boundary of any entry, Infinity when there is none. */
  validUntil: number;
}

export type Shopper = Pick<PriceQuestion, 'market' | 'currency' | 'customerGroup'>;

const noPrice = { value: null, listValue: null, tax: null, entry: null, tiers: [] };

/** `stored` are all entries of one SKU; undefined when the document was composed before it held any. */
export function showPrice(stored: readonly StoredPrice[] | undefined, shopper: Shopper, at: number): ShownPrice {
  if (stored === undefined) return { view: { ...noPrice, reason: 'UNKNOWN', validUntil: null }, validUntil: Infinity };
  const entries = stored.map(({ data }) => data);
  const ask = (quantity: number): SelectedPrice => selectPrice(entries, { ...shopper, quantity, at });
  const one = ask(1);
  // A boundary of an entry for a larger quantity changes a tier.
  const quantities = [...new Set(entries.map(({ minQuantity }) => minQuantity))].filter((quantity) => quantity > 1).sort((a, b) => a - b);
  const more = quantities.map((quantity) => ({ quantity, selected: ask(quantity) }));
  const validUntil = Math.min(...[one, ...more.map(({ selected }) => selected)].map((selected) => selected.validUntil ?? Infinity));
  const until = validUntil === Infinity ? null : new Date(validUntil).toISOString();
  if (!one.found) return { view: { ...noPrice, tiers: tiersOf(more, Infinity), reason: one.reason, validUntil: until }, validUntil };
  const { price } = one;
  return {
    validUntil,
    view: {
      value: toMoney(price.amount, price.currency),
      listValue: price.listAmount === undefined || price.listAmount === null ? null : toMoney(price.listAmount, price.currency),
      tax: price.taxMode === 'included' ? 'INCLUDED' : 'EXCLUDED',
      reason: null,
      entry: entryView(price, stored),
      tiers: tiersOf(more, price.amount),
      validUntil: until,
    },
  };
}

/** Only what is cheaper than every smaller quantity is worth telling. */
function tiersOf(more: readonly { quantity: number; selected: SelectedPrice }[], single: number): PriceView['tiers'] {
  let lowest = single;
  return more.flatMap(({ quantity, selected }) => {
    if (!selected.found || selected.price.amount >= lowest) return [];
    lowest = selected.price.amount;
    return [{ minQuantity: quantity, value: toMoney(lowest, selected.price.currency) }];
  });
}

function entryView({ id, market, currency, customerGroup, minQuantity, validFrom, validTo }: Price, stored: readonly StoredPrice[]): EntryView {
  const revision = stored.find(({ data }) => data.id === id)?.revision ?? 0;
  return { id, market, currency, customerGroup, minQuantity, validFrom, validTo, revision };
}

/** Of a product's SKUs: the price to name at first sight, and whether it is that of all. */
export function lowestOf(skus: readonly PriceView[]): { price: PriceView; priceVaries: boolean } {
  const priced = skus.filter(({ value }) => value !== null);
  const amountOf = ({ value }: PriceView): number => Number(value?.minorUnits ?? Infinity);
  const lowest = priced.reduce<PriceView | undefined>((best, each) => (best === undefined || amountOf(each) < amountOf(best) ? each : best), undefined);
  const price = lowest ?? skus[0] ?? { ...noPrice, reason: 'UNKNOWN', validUntil: null, asOf: null, stale: true };
  return { price, priceVaries: skus.some((each) => amountOf(each) !== amountOf(price)) };
}
