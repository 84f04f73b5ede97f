import { randomInt } from 'node:crypto';

/** Crockford's base 32: no letter that is taken for a digit, none that makes words. */
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Our order number: 50 random bits, to be read out on the telephone. Random, because consecutive numbers tell how much a shop sells. */
export function newOrderNumber(): string {
  return Array.from({ length: 10 }, () => LETTERS[randomInt(LETTERS.length)]).join('');
}
