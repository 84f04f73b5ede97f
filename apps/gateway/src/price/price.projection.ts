import type { PoolClient } from 'pg';
import { price, type Price } from '@steward/contracts';
import { defineProjection, type StateChange } from '@steward/event-bus';
import { movePrices } from './price.store';

export const priceProjection = defineProjection<Price>({ builds: 'prices', contract: price, apply: storePrices });

/** Keeps the entries of each SKU findable. Which of them holds is decided when somebody asks: time alone may change the answer. */
export async function storePrices(tx: PoolClient, changes: readonly StateChange<Price>[]): Promise<void> {
  await movePrices(tx, changes.map(({ key, data }) => ({ id: key, sku: data?.sku ?? null })));
}
