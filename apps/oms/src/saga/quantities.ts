/** Counting pieces and the money that belongs to them; whole numbers only. */
import { amountOfPieces } from '@steward/commerce';
import type { Shipment } from '@steward/contracts';
import type { KeptLine, Quantity, Saga, Shipped } from './saga';

export const linesOf = (saga: Saga): readonly KeptLine[] => saga.order?.lines ?? [];

export const sumOf = (amounts: readonly number[]): number => amounts.reduce((sum, amount) => sum + amount, 0);

export const countOf = (quantities: readonly Quantity[], lineId: string): number => sumOf(quantities.filter((each) => each.lineId === lineId).map(({ quantity }) => quantity));

/** What has left and not come back undone. */
export const shippedQuantities = (saga: Saga): Quantity[] => saga.shipments.filter(({ status }) => status !== 'cancelled').flatMap(({ lines }) => lines);

/** Pieces of each line that are neither shipped nor cancelled. */
export function openQuantities(saga: Saga): Quantity[] {
  const gone = [...shippedQuantities(saga), ...saga.cancelled];
  return linesOf(saga)
    .map(({ lineId, quantity }) => ({ lineId, quantity: quantity - countOf(gone, lineId) }))
    .filter(({ quantity }) => quantity > 0);
}

export const isShipped = (saga: Saga): boolean => shippedQuantities(saga).length > 0;

/** A parcel in the words of the order's lines. What the order has no room for is counted as `surplus`. */
export function toShipped(saga: Saga, { lines, ...parcel }: Shipment): { shipped: Shipped; surplus: number } {
  const room = openQuantities(saga);
  const taken: Quantity[] = [];
  let surplus = 0;
  for (const { lineId, sku, quantity } of lines) {
    // A warehouse that doesn't know our lines ships SKUs: they fill the lines in order.
    const fitting = linesOf(saga).filter((line) => (lineId === null ? line.sku === sku : line.lineId === lineId));
    let left = quantity;
    for (const line of fitting) {
      const free = countOf(room, line.lineId) - countOf(taken, line.lineId);
      const piece = Math.min(left, Math.max(0, free));
      if (piece > 0) taken.push({ lineId: line.lineId, quantity: piece });
      left -= piece;
    }
    surplus += left;
  }
  const { shipmentId, status, carrier, trackingNumber, shippedAt } = parcel;
  return { shipped: { shipmentId, status, lines: taken, carrier, trackingNumber, shippedAt }, surplus };
}

/** What pieces of these lines cost, `before` of each line having been counted already. */
export function amountOf(saga: Saga, pieces: readonly Quantity[], before: readonly Quantity[]): number {
  return sumOf(
    linesOf(saga).map((line) => amountOfPieces(line, countOf(before, line.lineId), countOf(pieces, line.lineId))),
  );
}
