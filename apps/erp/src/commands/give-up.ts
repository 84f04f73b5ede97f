import { abandonEffect } from '@steward/adapter-kit';
import type { AppliedEvent } from '@steward/event-bus';
import type { Clock } from '@steward/platform';
import type { PoolClient } from 'pg';
import { giveUp } from '../reservation/end';
import { saleRefused } from '../reservation/export';
import { tell } from '../reservation/tell';
import { isOfCart } from './of-cart';

/**
 * Release and cancellation of an export are the same wish: this order is not to take its stock. What became of it with the ERP
 * decides how it is granted, and not which of the two words was used.
 */
export async function giveUpAll(tx: PoolClient, events: readonly AppliedEvent<{ readonly orderId: string }>[], clock: Clock): Promise<void> {
  const now = new Date(clock.now());
  const asked = events.map(({ data: { orderId }, envelope }) => ({ orderId, cart: isOfCart(envelope), correlationId: envelope.correlationId, traceparent: envelope.traceparent }));
  const changes = await giveUp(tx, asked, now);
  await tell(tx, changes);
  for (const { orderId } of changes.answering) {
    // Not sent yet: it never will be, and nobody has to wait for an answer.
    const sent = await abandonEffect(tx, 'sale', orderId);
    if (sent === 'never') await tell(tx, await saleRefused(tx, orderId, { code: 'CANCELLED', reason: 'given up before the ERP was told' }, now));
  }
}
