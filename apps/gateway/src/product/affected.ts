import { together } from '@steward/platform';
import type { PoolClient } from 'pg';
import { findHolders, lockForParts } from './document.store';

/** A SKU held by more products than this is rebuilt by the worker, so that one change can't hold up its whole batch (C11). */
export const FAN_OUT_LIMIT = 200;

/** Documents that a change of these SKUs' stock or prices makes old: those to rebuild with it, and those for the worker. Locks out changes of SKUs. */
export async function affectedBy(tx: PoolClient, skus: readonly string[]): Promise<{ now: string[]; later: string[] }> {
  const holders = new Map<string, string[]>();
  const [, found] = await together([lockForParts(tx), findHolders(tx, skus)]);
  for (const { sku, productId } of found) {
    const known = holders.get(sku);
    if (known) known.push(productId);
    else holders.set(sku, [productId]);
  }
  const now = new Set<string>();
  const later = new Set<string>();
  for (const productIds of holders.values())
    for (const productId of productIds) (productIds.length > FAN_OUT_LIMIT ? later : now).add(productId);
  return { now: [...now], later: [...later].filter((productId) => !now.has(productId)) };
}
