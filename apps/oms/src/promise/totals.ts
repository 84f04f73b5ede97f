/** Sums of an order, in integers of minor units (S5). */

export interface Amounts {
  readonly netAmount: number;
  readonly taxAmount: number;
  readonly grossAmount: number;
}

export interface LineQuestion {
  readonly unitAmount: number;
  readonly quantity: number;
  readonly discountAmount: number;
  readonly taxRateBp: number;
  readonly taxMode: 'included' | 'excluded';
}

/** Tax per line, rounded half away from zero. Throws RangeError beyond what a number holds exactly. */
export function lineTotals({ unitAmount, quantity, discountAmount, taxRateBp, taxMode }: LineQuestion): Amounts {
  const amount = BigInt(unitAmount) * BigInt(quantity) - BigInt(discountAmount);
  const rate = BigInt(taxRateBp);
  const net = taxMode === 'excluded' ? amount : divided(amount * 10_000n, 10_000n + rate);
  const tax = taxMode === 'excluded' ? divided(amount * rate, 10_000n) : amount - net;
  return { netAmount: safe(net), taxAmount: safe(tax), grossAmount: safe(net + tax) };
}

export function orderTotals(parts: readonly Amounts[]): Amounts {
  const sum = (name: keyof Amounts): number => safe(parts.reduce((total, part) => total + BigInt(part[name]), 0n));
  return { netAmount: sum('netAmount'), taxAmount: sum('taxAmount'), grossAmount: sum('grossAmount') };
}

function divided(amount: bigint, by: bigint): bigint {
  const half = amount < 0n ? -(by / 2n) : by / 2n;
  return (amount + half) / by;
}

function safe(amount: bigint): number {
  const value = Number(amount);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${String(amount)} is larger than a number can hold exactly`);
  return value;
}
