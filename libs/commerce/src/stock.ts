import { exact } from './integers';

/** What one location has of one SKU. */
export interface Stock {
  /** Some systems book below zero. */
  readonly onHand: number;
  /** Units that are never promised; null = none. */
  readonly safetyStock: number | null;
  /** Held for orders. */
  readonly reserved: number;
}

/**
 * Units that this location alone can still give (S3); negative if more is reserved or kept as safety stock than is there.
 * @throws RangeError for what is no safe integer
 */
export function leftAt({ onHand, safetyStock, reserved }: Stock): number {
  return exact(exact(onHand, 'onHand') - exact(safetyStock ?? 0, 'safetyStock', 0) - exact(reserved, 'reserved', 0), 'what is left');
}

/**
 * Units of a SKU that may still be promised over all of its locations (S3); never negative. A location that has reserved more than it has
 * on hand owes the difference, which is subtracted from the others: usually the warehouse has given an order's stock to another order, so
 * it will have to come from elsewhere. A shortfall of safety stock is owed to nobody.
 */
export function availableToPromise(locations: readonly Stock[]): number {
  const free = locations.reduce((sum, stock) => exact(sum + Math.max(0, leftAt(stock)), 'what is left'), 0);
  const owed = locations.reduce((sum, { onHand, reserved }) => exact(sum + Math.max(0, reserved - onHand), 'what is owed'), 0);
  return Math.max(0, free - owed);
}
