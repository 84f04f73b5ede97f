/**
 * What promotions take off the lines of a cart; pure, so that preview and order say the same.
 *   1. The shopper gets the cheapest of what is allowed: one exclusive promotion alone, or all stackable ones together.
 *   2. No line is lowered below 0, and what the lines are lowered by adds up to what the promotions take off.
 *   3. The answer does not depend on the order of the promotions, and is true until just before `validUntil` (C11).
 */
import type { Promotion } from '@steward/contracts';
import { allocate } from './allocate';
import { divide, exact, sumOf, toNumber } from './integers';
import { PUBLIC_GROUP } from './select-price';
import { isValid, nextBoundary } from './validity';

export interface CartLine {
  readonly sku: string;
  readonly quantity: number;
  readonly unitAmount: number;
}

export interface PromotionQuestion {
  readonly market: string;
  readonly currency: string;
  readonly customerGroup: string;
  /** As the shopper typed them: upper and lower case are the same. */
  readonly codes: readonly string[];
  /** Epoch ms. */
  readonly at: number;
}

/** Of one line. */
export interface Discount {
  /** Of the whole line, in minor units. */
  readonly discountAmount: number;
  /** What it came from, in the order it was applied. */
  readonly promotionIds: readonly string[];
}

export interface Promoted {
  /** One for each line, in the order of the lines. */
  readonly discounts: readonly Discount[];
  /** Epoch ms at which time alone may change the answer; null when no boundary lies ahead. */
  readonly validUntil: number | null;
}

/** @throws RangeError for amounts that are no safe integers */
export function applyPromotions(lines: readonly CartLine[], promotions: readonly Promotion[], question: PromotionQuestion): Promoted {
  const amounts = lines.map(({ unitAmount, quantity }) => toNumber(BigInt(exact(unitAmount, 'unitAmount', 0)) * BigInt(exact(quantity, 'quantity', 0))));
  const eligible = promotions.filter((promotion) => isEligible(promotion, lines, amounts, question));
  const current = eligible.filter((promotion) => isValid(promotion, question.at)).sort(inOrder);
  const combinations = [current.filter(({ stacking }) => stacking === 'stackable'), ...current.filter(({ stacking }) => stacking === 'exclusive').map((promotion) => [promotion])];
  const [first = [], ...others] = combinations.map((applied) => discountsBy(applied, lines, amounts));
  // The first of equals: stackable ones before exclusive ones, those in the order of their priority.
  const best = others.reduce((least, other) => (totalOf(other) > totalOf(least) ? other : least), first);
  return { discounts: best, validUntil: nextBoundary(eligible, question.at) };
}

/** Whether it holds, time aside: what time does not change decides which boundaries count. */
function isEligible(promotion: Promotion, lines: readonly CartLine[], amounts: readonly number[], { market, currency, customerGroup, codes }: PromotionQuestion): boolean {
  const { code } = promotion;
  if (promotion.market !== market || promotion.currency !== currency) return false;
  if (promotion.customerGroup !== customerGroup && promotion.customerGroup !== PUBLIC_GROUP) return false;
  if (code !== null && !codes.some((typed) => typed.toUpperCase() === code.toUpperCase())) return false;
  // What the lines cost before any discount: else one promotion would switch another one off.
  return lines.some((line) => isFor(promotion, line)) && sumOf(amounts.filter((_, place) => isFor(promotion, lines[place]))) >= promotion.minSubtotal;
}

const isFor = ({ skus }: Promotion, line: CartLine | undefined): boolean => line !== undefined && (skus === null || skus.includes(line.sku));

/** The higher priority first; the id only makes it one order. */
const inOrder = (a: Promotion, b: Promotion): number => b.priority - a.priority || (a.id < b.id ? -1 : 1);

const totalOf = (discounts: readonly Discount[]): number => sumOf(discounts.map(({ discountAmount }) => discountAmount));

/** One after the other, each on what the ones before it have left. */
function discountsBy(applied: readonly Promotion[], lines: readonly CartLine[], amounts: readonly number[]): Discount[] {
  let discounts: Discount[] = lines.map(() => ({ discountAmount: 0, promotionIds: [] }));
  for (const promotion of applied) {
    const left = discounts.map(({ discountAmount }, place) => (isFor(promotion, lines[place]) ? (amounts[place] ?? 0) - discountAmount : 0));
    // In proportion to what is left of each line, so none gets more than it has.
    const parts = allocate(reductionOf(promotion, sumOf(left)), left);
    discounts = discounts.map(({ discountAmount, promotionIds }, place) => {
      const part = parts[place] ?? 0;
      return part === 0 ? { discountAmount, promotionIds } : { discountAmount: discountAmount + part, promotionIds: [...promotionIds, promotion.id] };
    });
  }
  return discounts;
}

/** Never more than there is. */
function reductionOf({ kind, valueBp, amount }: Promotion, left: number): number {
  switch (kind) {
    case 'percent':
      return toNumber(divide(BigInt(left) * BigInt(valueBp ?? 0), 10_000n));
    case 'amount':
      return Math.min(amount ?? 0, left);
  }
}
