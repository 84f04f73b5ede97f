import { availableToPromise } from '@steward/commerce';
import type { StockLevel } from '@steward/contracts';

export type AvailabilityState = 'IN_STOCK' | 'LOW_STOCK' | 'OUT_OF_STOCK' | 'BACKORDER' | 'UNKNOWN';

/** One stored stock-level part: what a location holds of a SKU, and when that last changed (epoch ms). */
export interface Level {
  data: StockLevel;
  /** Held there for orders. */
  reserved: number;
  changedAt: number;
}

/** What the stored parts say about one SKU; freshness is laid over it when an answer is rendered. */
export interface SkuAvailability {
  sku: string;
  state: AvailabilityState;
  /** null when nothing is known: unknown is never zero. */
  quantity: number | null;
  expectedAt: string | null;
  /** The oldest last change among the levels, because a sum is only as recent as its oldest part. */
  changedAt: number | null;
}

/** At or below this many sellable pieces a shopper is told that few are left. */
export const LOW_STOCK_AT = 5;

/** GraphQL's Int ends here; more pieces than that are told as this many. */
const MOST = 2_147_483_647;

/** What may still be promised is what a reservation would be granted (S3): one rule for both. */
export function availabilityOf(sku: string, levels: readonly Level[]): SkuAvailability {
  if (levels.length === 0) return { sku, state: 'UNKNOWN', quantity: null, expectedAt: null, changedAt: null };
  const quantity = availableToPromise(levels.map(({ data: { onHand, safetyStock = null }, reserved }) => ({ onHand, safetyStock, reserved })));
  let backorderable = false;
  let expectedAt: string | null = null;
  let changedAt = Infinity;
  for (const level of levels) {
    backorderable ||= level.data.backorderable === true;
    expectedAt = earlier(expectedAt, level.data.expectedAt ?? null);
    changedAt = Math.min(changedAt, level.changedAt);
  }
  return { sku, state: stateOf(quantity, backorderable), quantity: Math.min(quantity, MOST), expectedAt, changedAt };
}

function stateOf(quantity: number, backorderable: boolean): AvailabilityState {
  if (quantity > LOW_STOCK_AT) return 'IN_STOCK';
  if (quantity > 0) return 'LOW_STOCK';
  return backorderable ? 'BACKORDER' : 'OUT_OF_STOCK';
}

function earlier(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return Date.parse(b) < Date.parse(a) ? b : a;
}

/** A product's own answer: the known pieces of its SKUs, and UNKNOWN rather than zero while any SKU is unknown. */
export function summaryOf(skus: readonly { state: AvailabilityState; quantity: number | null }[]): {
  state: AvailabilityState;
  quantity: number | null;
} {
  const quantity = skus.reduce((sum, { quantity: known }) => sum + (known ?? 0), 0);
  if (quantity > 0) return { state: stateOf(quantity, false), quantity: Math.min(quantity, MOST) };
  const has = (state: AvailabilityState) => skus.some((sku) => sku.state === state);
  if (has('BACKORDER')) return { state: 'BACKORDER', quantity: 0 };
  if (skus.length === 0 || has('UNKNOWN')) return { state: 'UNKNOWN', quantity: null };
  return { state: 'OUT_OF_STOCK', quantity: 0 };
}
