/**
 * What is left of a line: to return, and to charge. P: returned ≤ shipped; numbers that break it are refused, because every answer about them
 * would be wrong.
 */
import { exact, toNumber } from './integers';

/**
 * Pieces that may still be returned.
 * @throws RangeError for counts that are no safe integers from 0, and if more was returned than shipped
 */
export function returnable({ shippedQuantity, returnedQuantity }: { readonly shippedQuantity: number; readonly returnedQuantity: number }): number {
  const shipped = exact(shippedQuantity, 'shippedQuantity', 0);
  const returned = exact(returnedQuantity, 'returnedQuantity', 0);
  if (returned > shipped) throw new RangeError(`${String(returned)} returned of ${String(shipped)} shipped; accepted: at most all of them`);
  return shipped - returned;
}

/**
 * Cost of the next `pieces` of a line after `before` of them, in minor units: the difference of two cumulative shares. However a line is
 * split into parcels or returns, the parts add up to the line, and none is negative.
 * @throws RangeError for more pieces than the line has
 */
export function amountOfPieces({ grossAmount, quantity }: { readonly grossAmount: number; readonly quantity: number }, before: number, pieces: number): number {
  const end = exact(before, 'before', 0) + exact(pieces, 'pieces', 0);
  if (end > exact(quantity, 'quantity', 1)) throw new RangeError(`${String(end)} pieces of a line of ${String(quantity)}; accepted: at most all of them`);
  const share = (count: number): bigint => (BigInt(exact(grossAmount, 'grossAmount', 0)) * BigInt(count)) / BigInt(quantity);
  return toNumber(share(end) - share(before));
}
