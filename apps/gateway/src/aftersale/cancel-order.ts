/** A request: whether it comes in time is the order service's to say. */
import { cancelOrder as cancelOrderCommand } from '@steward/contracts';
import { isTerminal } from '@steward/commerce';
import { appendEvents } from '@steward/event-bus';
import { currentTraceparent, RejectedError, type Clock, type Database } from '@steward/platform';
import type { z } from 'zod';
import { fields, optional, text } from '../input/fields';
import { findOrder, type FoundOrder } from '../order/order.queries';
import { orderKey } from '../news/notify';
import type { Watch } from '../news/watch';

export const cancelInput = fields({ reason: optional(text(500)) });
export type CancelInput = z.output<typeof cancelInput>;

export interface Aftersale {
  readonly database: Database;
  readonly watch: Watch;
  readonly clock: Clock;
}

/** Whoever asks twice asks for the same; after so long the first may have been refused, and they may mean it again. */
const AGAIN_AFTER = '1 minute';

/** The order as it is when the waiting ends; cancelled or not, its status says. */
export async function cancelOrder({ database, watch, clock }: Aftersale, found: FoundOrder, { reason }: CancelInput, waitMs: number): Promise<FoundOrder> {
  const { orderId, status } = found.state;
  if (status === 'CANCELLED') return found;
  if (isTerminal(status)) throw new RejectedError('ORDER_NOT_CANCELLABLE', `the order is ${status}`, { place: '/id', accepted: 'an order that is ACCEPTED or CONFIRMED' });
  await database.transaction(async (tx) => {
    const { rowCount } = await tx.query(
      `insert into cancellation as c (order_id, requested_at) values ($1, clock_timestamp())
       on conflict (order_id) do update set requested_at = excluded.requested_at where c.requested_at < excluded.requested_at - interval '${AGAIN_AFTER}'`,
      [orderId],
    );
    if (rowCount === 0) return;
    const data = { orderId, requestedAt: new Date(clock.now()).toISOString(), requestedBy: 'customer' as const, reason };
    await appendEvents(tx, [{ contract: cancelOrderCommand, system: 'gateway', key: orderId, data, correlationId: orderId, traceparent: currentTraceparent() }]);
  });
  const last = await watch.until(orderKey(orderId), () => findOrder(database, orderId), (order) => order === undefined || isTerminal(order.state.status), waitMs, clock);
  return last ?? found;
}
