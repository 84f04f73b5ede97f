/**
 * Which entry of the price lists holds (ADR 0012). Pure: the moment is passed in.
 *   1. The answer depends on the set of entries, never on their order.
 *   2. It is true for every moment from the asked one until just before `validUntil`: time alone can't make it wrong (C11).
 */
import type { Price } from '@steward/contracts';
import { isValid, nextBoundary, startOf } from './validity';

/** The group of everybody. */
export const PUBLIC_GROUP = 'public';

export interface PriceQuestion {
  readonly market: string;
  readonly currency: string;
  readonly customerGroup: string;
  readonly quantity: number;
  /** Epoch ms. */
  readonly at: number;
}

/** The first thing that no entry satisfied, in the order in which they are asked. */
export type WhyNoPrice = 'NOT_IN_MARKET' | 'NOT_IN_CURRENCY' | 'NOT_FOR_GROUP' | 'NOT_FOR_QUANTITY' | 'NOT_NOW';

export type SelectedPrice =
  | { readonly found: true; readonly price: Price; readonly validUntil: number | null }
  | { readonly found: false; readonly reason: WhyNoPrice; readonly validUntil: number | null };

/** `entries` are all of one SKU. `validUntil` (epoch ms) is null when no boundary lies ahead. */
export function selectPrice(entries: readonly Price[], question: PriceQuestion): SelectedPrice {
  const { at } = question;
  let left = entries;
  for (const [reason, holds] of conditions(question)) {
    left = left.filter(holds);
    if (left.length === 0) return { found: false, reason, validUntil: null };
  }
  // Also of entries that would not win: one that ends may be the last that stands before another.
  const validUntil = nextBoundary(left, at);
  const [first, ...others] = left.filter((entry) => isValid(entry, at));
  if (first === undefined) return { found: false, reason: 'NOT_NOW', validUntil };
  return { found: true, price: others.reduce((best, entry) => (precedes(entry, best) ? entry : best), first), validUntil };
}

/** What time does not change. */
function conditions({ market, currency, customerGroup, quantity }: PriceQuestion): readonly (readonly [WhyNoPrice, (entry: Price) => boolean])[] {
  return [
    ['NOT_IN_MARKET', (entry) => entry.market === market],
    ['NOT_IN_CURRENCY', (entry) => entry.currency === currency],
    ['NOT_FOR_GROUP', (entry) => entry.customerGroup === customerGroup || entry.customerGroup === PUBLIC_GROUP],
    ['NOT_FOR_QUANTITY', (entry) => entry.minQuantity <= quantity],
  ];
}

/** The more special entry: for the group, for a season, for the larger quantity, the newer one; the id only makes it one answer. */
function precedes(a: Price, b: Price): boolean {
  const differences = [
    Number(a.customerGroup !== PUBLIC_GROUP) - Number(b.customerGroup !== PUBLIC_GROUP),
    Number(a.validTo !== null) - Number(b.validTo !== null),
    a.minQuantity - b.minQuantity,
    compare(startOf(a), startOf(b)),
  ];
  const decisive = differences.find((difference) => difference !== 0);
  return decisive === undefined ? a.id < b.id : decisive > 0;
}

/** Not a subtraction: since ever less since ever is no number. */
const compare = (a: number, b: number): number => (a === b ? 0 : a > b ? 1 : -1);
