import type { PoolClient } from 'pg';
import { product, type Product } from '@steward/contracts';
import { defineProjection, type StateChange } from '@steward/event-bus';
import { together } from '@steward/platform';
import { pricesOf, readPrices } from '../price/price.store';
import { visibilityOf, skusOf } from './document';
import { lockForMovedSkus, readAvailability, writeContents, writeSkuPairs, type SkuPair } from './document.store';

export const productProjection = defineProjection<Product>({ builds: 'catalogue', contract: product, apply: composeProducts });

/** Composes the documents whose product moved. Stock and prices are read only where SKUs changed: the rest already holds them. */
export async function composeProducts(tx: PoolClient, changes: readonly StateChange<Product>[]): Promise<void> {
  if (changes.length === 0) return;
  const contents = changes.map(({ key, revision, data, envelope }) => ({
    productId: key,
    visibility: visibilityOf(data),
    skus: data === null ? [] : skusOf(data),
    content: data === null ? null : envelope.body,
    revision,
    changedAt: envelope.time,
  }));
  const before = await writeContents(tx, contents.map((each) => ({ ...each, availability: null, prices: null })), { unlessMoved: true });
  if (before.size === 0) return;
  const moved = contents.flatMap(({ productId, skus }) => {
    const known = before.get(productId);
    return known === undefined ? [] : [{ productId, skus, known }];
  });
  const wanted = moved.flatMap(({ skus }) => skus);
  const [, , availability, prices] = await together([
    // Also for a SKU that only left: the availability of the others is read anew after it, and must not be older than what it replaces.
    lockForMovedSkus(tx),
    writeSkuPairs(tx, moved.flatMap(({ productId, skus, known }) => pairs(productId, skus, known)), moved.flatMap(({ productId, skus, known }) => pairs(productId, known, skus))),
    readAvailability(tx, wanted),
    readPrices(tx, wanted),
  ]);
  const rows = contents.map((each) => ({
    ...each,
    availability: before.has(each.productId) ? each.skus.flatMap((sku) => availability.get(sku) ?? []) : null,
    prices: before.has(each.productId) ? pricesOf(each.skus, prices) : null,
  }));
  await writeContents(tx, rows, { unlessMoved: false });
}

/** SKUs of the product that are in `some` and not in `others`. */
function pairs(productId: string, some: readonly string[], others: readonly string[]): SkuPair[] {
  const known = new Set(others);
  return some.filter((sku) => !known.has(sku)).map((sku) => ({ sku, productId }));
}
