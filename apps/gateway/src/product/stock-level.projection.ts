import type { PoolClient } from 'pg';
import { reservedStock, stockLevel, type ReservedStock, type StockLevel } from '@steward/contracts';
import { defineProjection, type StateChange } from '@steward/event-bus';
import { affectedBy } from './affected';
import { skuOfStockKey } from './document';
import { markDirty, rebuildDocuments } from './document.store';

export const stockLevelProjection = defineProjection<StockLevel>({ builds: 'availability', contract: stockLevel, apply: composeStock });

/** What is held for orders stands under the key of the level that it is taken from, and changes the same documents. */
export const reservedStockProjection = defineProjection<ReservedStock>({ builds: 'reserved', contract: reservedStock, apply: composeStock });

/** Rebuilds the documents that hold a SKU whose stock moved; a SKU that no product holds yet waits in its stored part. */
export async function composeStock(tx: PoolClient, changes: readonly Pick<StateChange, 'key'>[]): Promise<void> {
  const skus = [...new Set(changes.map((change) => skuOfStockKey(change.key)))];
  const { now, later } = await affectedBy(tx, skus);
  await markDirty(tx, later);
  await rebuildDocuments(tx, now, ['availability']);
}
