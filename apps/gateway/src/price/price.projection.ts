import type { PoolClient } from 'pg';
import { price, type Price } from '@steward/contracts';
import { defineProjection, type StateChange } from '@steward/event-bus';
import { affectedBy } from '../product/affected';
import { markDirty, rebuildDocuments } from '../product/document.store';
import { movePrices } from './price.store';

export const priceProjection = defineProjection<Price>({ builds: 'prices', contract: price, apply: composePrices });

/** Rebuilds the documents that hold a SKU whose entries moved; entries of a SKU that no product holds yet wait in their stored parts. */
export async function composePrices(tx: PoolClient, changes: readonly StateChange<Price>[]): Promise<void> {
  const skus = await movePrices(tx, changes.map(({ key, data }) => ({ id: key, sku: data?.sku ?? null })));
  const { now, later } = await affectedBy(tx, skus);
  await markDirty(tx, later);
  await rebuildDocuments(tx, now, ['prices']);
}
