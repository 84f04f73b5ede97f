import type { PoolClient } from 'pg';
import { category, type Category } from '@steward/contracts';
import { defineProjection } from '@steward/event-bus';
import { DOCUMENT_CHANNEL } from '../product/document.store';

/** The stored parts are the whole read model: a tree is small, and each reader builds it from them when it is told of a change (tree.ts). */
export const categoryProjection = defineProjection<Category>({ builds: 'categories', contract: category, apply: announceCategories });

export async function announceCategories(tx: PoolClient): Promise<void> {
  await tx.query(`select pg_notify('${DOCUMENT_CHANNEL}', '{"categories":true}')`);
}
