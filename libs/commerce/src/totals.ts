/**
 * What lines and orders come to, in minor units (S5). Tax is computed for each line and then only added: the lines of an invoice add up
 * to its total. Computed from the total it would be off by some units from what the lines show.
 */
import { divide, exact, sumOf, toNumber } from './integers';

export interface Amounts {
  readonly netAmount: number;
  readonly taxAmount: number;
  /** net + tax, always. */
  readonly grossAmount: number;
}

export interface LineTerms {
  readonly unitAmount: number;
  readonly quantity: number;
  /** Of the whole line. */
  readonly discountAmount: number;
  /** Basis points: 1900 = 19 %. */
  readonly taxRateBp: number;
  /** Whether `unitAmount` and `discountAmount` hold the tax. */
  readonly taxMode: 'included' | 'excluded';
}

/**
 * Totals of a whole line after its discount. Only one figure is rounded, half away from zero: the tax if it is added to the price, the net
 * if the price includes it.
 * @throws RangeError for what is no safe integer from 0, and for a discount that is larger than the line
 */
export function lineTotals({ unitAmount, quantity, discountAmount, taxRateBp, taxMode }: LineTerms): Amounts {
  const amount = BigInt(exact(unitAmount, 'unitAmount', 0)) * BigInt(exact(quantity, 'quantity', 0)) - BigInt(exact(discountAmount, 'discountAmount', 0));
  if (amount < 0n) throw new RangeError(`discountAmount is ${String(discountAmount)}; accepted: at most what the line costs`);
  const rate = BigInt(exact(taxRateBp, 'taxRateBp', 0));
  if (taxMode === 'excluded') {
    const tax = divide(amount * rate, 10_000n);
    return { netAmount: toNumber(amount), taxAmount: toNumber(tax), grossAmount: toNumber(amount + tax) };
  }
  const net = divide(amount * 10_000n, 10_000n + rate);
  return { netAmount: toNumber(net), taxAmount: toNumber(amount - net), grossAmount: toNumber(amount) };
}

/** Sum of the lines, and of shipping if it is charged. */
export function orderTotals(lines: readonly Amounts[], shipping: Amounts | null = null): Amounts {
  const parts = shipping === null ? lines : [...lines, shipping];
  return {
    netAmount: sumOf(parts.map((part) => part.netAmount)),
    taxAmount: sumOf(parts.map((part) => part.taxAmount)),
    grossAmount: sumOf(parts.map((part) => part.grossAmount)),
  };
}
