import { exact, toNumber } from './integers';

/**
 * Splits an amount in proportion to weights, by largest remainder (S5): the parts add up to the amount, and no part is further
 * from its share than one unit. Of equal remainders the earlier place gets the odd unit, so the same question has one answer.
 * Rejected: rounding each part and giving the last one the rest, which may be several units off, or below zero.
 * @throws RangeError when the weights are all 0 and the amount is not, or something is no safe integer
 */
export function allocate(amount: number, weights: readonly number[]): number[] {
  const whole = BigInt(Math.abs(exact(amount, 'the amount')));
  const shares = weights.map((weight) => BigInt(exact(weight, 'a weight', 0)));
  const total = shares.reduce((sum, share) => sum + share, 0n);
  if (total === 0n) {
    if (amount === 0) return weights.map(() => 0);
    throw new RangeError('nothing has a weight; accepted: at least one weight above 0');
  }
  const parts = shares.map((share) => (whole * share) / total);
  const odd = toNumber(whole - parts.reduce((sum, part) => sum + part, 0n));
  const remainders = shares.map((share, place) => ({ place, remainder: (whole * share) % total }));
  // Sorting is stable: places with equal remainders stay in their order.
  remainders.sort((a, b) => (a.remainder === b.remainder ? 0 : a.remainder > b.remainder ? -1 : 1));
  const lucky = new Set(remainders.slice(0, odd).map(({ place }) => place));
  // Not by multiplication with a sign: that would make minus zero.
  return parts.map((part, place) => toNumber(amount < 0 ? -(part + (lucky.has(place) ? 1n : 0n)) : part + (lucky.has(place) ? 1n : 0n)));
}
