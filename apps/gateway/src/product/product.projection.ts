import type { PoolClient } from 'pg';
import { product, type Product } from '@steward/contracts';
import { defineProjection, type StateChange } from '@steward/event-bus';
import { pricesOf, readPrices } from '../price/price.store';
import { visibilityOf, skusOf } from './document';
import { lockForMovedSkus, readAvailability, readMovedSkus, writeContents, writeSkuPairs, type SkuPair } from './document.store';

export const productProjection = defineProjection<Product>({ builds: 'catalogue', contract: product, apply: composeProducts });

/** Composes the documents whose product moved. Stock and prices are read only for products whose SKUs changed: the rest already holds them. */
export async function composeProducts(tx: PoolClient, changes: readonly StateChange<Product>[]): Promise<void> {
  const composed = changes.map((change) => ({ change, productId: change.key, skus: change.data === null ? [] : skusOf(change.data) }));
  const before = await readMovedSkus(tx, composed);
  const moved = composed.flatMap(({ productId, skus }) => {
    const known = before.get(productId);
    return known === undefined ? [] : [{ productId, skus, known }];
  });
  const added = moved.flatMap(({ productId, skus, known }) => pairs(productId, skus, known));
  const removed = moved.flatMap(({ productId, skus, known }) => pairs(productId, known, skus));
  // Also for a SKU that only left: the availability of the others is read anew below, and must not be older than what it replaces.
  if (moved.length > 0) await lockForMovedSkus(tx);
  await writeSkuPairs(tx, added, removed);
  const wanted = moved.flatMap(({ skus }) => skus);
  const availability = wanted.length > 0 ? await readAvailability(tx, wanted) : undefined;
  const prices = wanted.length > 0 ? await readPrices(tx, wanted) : undefined;
  await writeContents(
    tx,
    composed.map(({ change, productId, skus }) => ({
      productId,
      visibility: visibilityOf(change.data),
      skus,
      content: change.data === null ? null : change.envelope.body,
      revision: change.revision,
      changedAt: change.envelope.time,
      availability: before.has(productId) ? skus.flatMap((sku) => availability?.get(sku) ?? []) : null,
      prices: before.has(productId) ? pricesOf(skus, prices ?? new Map()) : null,
    })),
  );
}

/** SKUs of the product that are in `some` and not in `others`. */
function pairs(productId: string, some: readonly string[], others: readonly string[]): SkuPair[] {
  const known = new Set(others);
  return some.filter((sku) => !known.has(sku)).map((sku) => ({ sku, productId }));
}
