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

/** A parcel in the words of the order's lines. */
export function toShipped(saga: Saga, { lines, ...parcel }: Pick<Shipment, 'lines' | 'shipmentId' | 'status' | 'carrier' | 'trackingNumber' | 'shippedAt'>): Shipped {
  const room = openQuantities(saga);
  const taken: Quantity[] = [];
  const surplus: Shipment['lines'][number][] = [];
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
    if (left > 0) surplus.push({ lineId, sku, quantity: left });
  }
  const { shipmentId, status, carrier, trackingNumber, shippedAt } = parcel;
  return { shipmentId, status, lines: taken, ...(surplus.length === 0 ? {} : { surplus }), carrier, trackingNumber, shippedAt };
}

/** What pieces of these lines cost, `before` of each line having been counted already. */
export function amountOf(saga: Saga, pieces: readonly Quantity[], before: readonly Quantity[]): number {
  return sumOf(
    linesOf(saga).map((line) => amountOfPieces(line, countOf(before, line.lineId), countOf(pieces, line.lineId))),
  );
}
