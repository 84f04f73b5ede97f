import type { PoolClient } from 'pg';
import { promotion, type Promotion } from '@steward/contracts';
import { defineProjection } from '@steward/event-bus';
import { DOCUMENT_CHANNEL } from '../product/document.store';

/** The stored parts are the whole read model: promotions are few, and each reader keeps all of them. */
export const promotionProjection = defineProjection<Promotion>({ builds: 'promotions', contract: promotion, apply: announcePromotions });

export async function announcePromotions(tx: PoolClient): Promise<void> {
  await tx.query(`select pg_notify('${DOCUMENT_CHANNEL}', '{"promotions":true}')`);
}
