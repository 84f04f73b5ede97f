/**
 * S7: no order is forgotten. Whatever is due is looked at, in transactions of its own, so that one that fails costs only itself.
 */
import type { Database } from '@steward/platform';
import { happen, type HappenParts } from './happen';
import { dueOrders } from './saga.store';

export const sweepEveryMs = 1_000;
const atATime = 200;

/** Returns how many orders were due. */
export async function sweep(database: Pick<Database, 'query' | 'transaction'>, parts: HappenParts, signal: AbortSignal): Promise<number> {
  const due = await dueOrders(database, new Date(parts.clock.now()), atATime);
  for (const orderId of due) {
    if (signal.aborted) break;
    try {
      await database.transaction((tx) => happen(tx, [{ orderId, input: { kind: 'timer' } }], parts));
    } catch (error) {
      parts.logger.error({ err: error, orderId }, 'an order that is due could not be looked at');
    }
  }
  return due.length;
}
