/**
 * What is left of an order: to ship, to send back, to pay back. P: shipped + cancelled ≤ ordered, returned ≤ shipped and
 * refunded ≤ captured; numbers that break it are refused, because every answer about them would be wrong.
 */
import { exact, toNumber } from './integers';

export interface LineQuantities {
  readonly quantity: number;
  readonly shippedQuantity: number;
  readonly cancelledQuantity: number;
  readonly returnedQuantity: number;
}

/** Pieces that may still be shipped, or cancelled instead. */
export function shippable({ quantity, shippedQuantity, cancelledQuantity }: Omit<LineQuantities, 'returnedQuantity'>): number {
  const gone = exact(shippedQuantity, 'shippedQuantity', 0) + exact(cancelledQuantity, 'cancelledQuantity', 0);
  return left(exact(quantity, 'quantity', 0), gone, 'shipped and cancelled', 'ordered');
}

/** Pieces that may still come back. */
export function returnable({ shippedQuantity, returnedQuantity }: Pick<LineQuantities, 'shippedQuantity' | 'returnedQuantity'>): number {
  return left(exact(shippedQuantity, 'shippedQuantity', 0), exact(returnedQuantity, 'returnedQuantity', 0), 'returned', 'shipped');
}

/** Money that may still be paid back, in minor units. */
export function refundable({ capturedAmount, refundedAmount }: { readonly capturedAmount: number; readonly refundedAmount: number }): number {
  return left(exact(capturedAmount, 'capturedAmount', 0), exact(refundedAmount, 'refundedAmount', 0), 'refunded', 'captured');
}

function left(all: number, gone: number, what: string, of: string): number {
  if (gone > all) throw new RangeError(`${String(gone)} ${what} of ${String(all)} ${of}; accepted: at most all of them`);
  return all - gone;
}

/**
 * What the next `pieces` of a line cost, after `before` of them: the difference of two shares of the whole. However a line is split into
 * parcels or returns, its parts add up to the line, and none costs less than nothing.
 * @throws RangeError for more pieces than the line has
 */
export function amountOfPieces({ grossAmount, quantity }: { readonly grossAmount: number; readonly quantity: number }, before: number, pieces: number): number {
  const end = exact(before, 'before', 0) + exact(pieces, 'pieces', 0);
  if (end > exact(quantity, 'quantity', 1)) throw new RangeError(`${String(end)} pieces of a line of ${String(quantity)}; accepted: at most all of them`);
  const share = (count: number): bigint => (BigInt(exact(grossAmount, 'grossAmount', 0)) * BigInt(count)) / BigInt(quantity);
  return toNumber(share(end) - share(before));
}
