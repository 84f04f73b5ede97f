import { hash, randomInt } from 'node:crypto';

/** Crockford's base 32: no letter that is taken for a digit, none that makes words. */
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

const LENGTH = 10;

/**
 * Our order number: 50 bits, to be read out on the telephone. Not counted, because consecutive numbers tell how much a shop sells; from the
 * order's id, so that an order which comes again after a restore has the number it had (ADR 0024).
 */
export function orderNumberOf(orderId: string): string {
  return [...hash('sha256', orderId, 'buffer').subarray(0, LENGTH)].map((byte) => LETTERS[byte % LETTERS.length]).join('');
}

/** For an order whose own number is taken. */
export function otherOrderNumber(): string {
  return Array.from({ length: LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join('');
}
