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
 * Units that may still be promised (S3); never below 0. Locations are added up afterwards: one that owes units takes none from
 * another, because they lie in different buildings.
 * @throws RangeError for what is no safe integer
 */
export function availableToPromise({ onHand, safetyStock, reserved }: Stock): number {
  const left = exact(onHand, 'onHand') - exact(safetyStock ?? 0, 'safetyStock', 0) - exact(reserved, 'reserved', 0);
  return Math.max(0, exact(left, 'what is left'));
}
