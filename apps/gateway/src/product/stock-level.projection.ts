import type { PoolClient } from 'pg';
import { stockLevel, type StockLevel } from '@steward/contracts';
import { defineProjection, type StateChange } from '@steward/event-bus';
import { skuOfStockKey } from './document';
import { findHolders, lockForStock, markDirty, rebuildAvailability } from './document.store';

/** A SKU held by more products than this is rebuilt by the worker, so that one stock change can't hold up its whole batch (C11). */
export const FAN_OUT_LIMIT = 200;

export const stockLevelProjection = defineProjection<StockLevel>({ builds: 'availability', contract: stockLevel, apply: composeStock });

/** Rebuilds the documents that hold a SKU whose stock moved; a SKU that no product holds yet waits in its stored part. */
export async function composeStock(tx: PoolClient, changes: readonly StateChange<StockLevel>[]): Promise<void> {
  const skus = [...new Set(changes.map((change) => skuOfStockKey(change.key)))];
  await lockForStock(tx);
  const holders = new Map<string, string[]>();
  for (const { sku, productId } of await findHolders(tx, skus)) {
    const known = holders.get(sku);
    if (known) known.push(productId);
    else holders.set(sku, [productId]);
  }
  const now = new Set<string>();
  const later = new Set<string>();
  for (const productIds of holders.values())
    for (const productId of productIds) (productIds.length > FAN_OUT_LIMIT ? later : now).add(productId);
  await markDirty(tx, [...later].filter((productId) => !now.has(productId)));
  await rebuildAvailability(tx, [...now]);
}
