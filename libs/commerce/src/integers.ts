/** Whole numbers that stay exact (S5): what a number can't hold is refused, never rounded. */

/** @throws RangeError unless it is a safe integer of at least `least` */
export function exact(value: number, what: string, least: number = Number.MIN_SAFE_INTEGER): number {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`${what} is ${String(value)}; accepted: an integer ${least === Number.MIN_SAFE_INTEGER ? 'that a number holds exactly' : `from ${String(least)}`}`);
  }
  return value;
}

/** @throws RangeError when a number can't hold it exactly */
export function toNumber(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < BigInt(Number.MIN_SAFE_INTEGER)) throw new RangeError(`${String(value)} is larger than a number can hold exactly`);
  return Number(value);
}

export function sumOf(values: readonly number[]): number {
  return toNumber(values.reduce((total, value) => total + BigInt(exact(value, 'an amount')), 0n));
}

/** Rounded half away from zero; `by` is above zero. */
export function divide(value: bigint, by: bigint): bigint {
  const half = value < 0n ? -(by / 2n) : by / 2n;
  return (value + half) / by;
}
