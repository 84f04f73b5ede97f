import type { PoolClient } from 'pg';
import { product, type Product } from '@steward/contracts';
import { defineProjection, type StateChange } from '@steward/event-bus';
import { visibilityOf, skusOf } from './document';
import { lockForNewSkus, readAvailability, readSkus, writeContents, writeSkuPairs, type SkuPair } from './document.store';

export const productProjection = defineProjection<Product>({ builds: 'catalogue', contract: product, apply: composeProducts });

/** Composes the documents whose product moved. Stock is read only for products whose SKUs changed: the rest already holds it. */
export async function composeProducts(tx: PoolClient, changes: readonly StateChange<Product>[]): Promise<void> {
  const before = await readSkus(tx, changes.map((change) => change.key));
  const composed = changes.map((change) => {
    const skus = change.data === null ? [] : skusOf(change.data);
    const known = before.get(change.key);
    return { change, skus, known: known ?? [], moved: known === undefined || !sameMembers(known, skus) };
  });
  const moved = composed.filter((entry) => entry.moved);
  const added = moved.flatMap(({ change, skus, known }) => pairs(change.key, skus, known));
  const removed = moved.flatMap(({ change, skus, known }) => pairs(change.key, known, skus));
  if (added.length > 0) await lockForNewSkus(tx);
  await writeSkuPairs(tx, added, removed);
  const wanted = moved.flatMap(({ skus }) => skus);
  const availability = wanted.length > 0 ? await readAvailability(tx, wanted) : undefined;
  await writeContents(
    tx,
    composed.map(({ change, skus, moved: skusMoved }) => ({
      productId: change.key,
      visibility: visibilityOf(change.data),
      skus,
      content: change.data === null ? null : change.envelope.body,
      revision: change.revision,
      changedAt: change.envelope.time,
      availability: skusMoved ? skus.flatMap((sku) => availability?.get(sku) ?? []) : null,
    })),
  );
}

/** SKUs of the product that are in `some` and not in `others`. */
function pairs(productId: string, some: readonly string[], others: readonly string[]): SkuPair[] {
  const known = new Set(others);
  return some.filter((sku) => !known.has(sku)).map((sku) => ({ sku, productId }));
}

/** Order counts too: availability is listed in the order of the variants. */
function sameMembers(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
