import { isConnectionError, through } from '@steward/platform';
import type { PoolClient } from 'pg';
import type { AppliedEvent, Handler } from '../declarations';

/**
 * Runs a service's projection or handler in the batch's transaction. A connection error that it throws while the transaction is
 * well comes from a call of its own: that is the message's failure (C3), counted and tried again, and must not look like a lost
 * database, for which the whole consumer would wait.
 */
export async function runOwnCode(tx: PoolClient, work: () => Promise<void>): Promise<void> {
  try {
    await through('handler', work);
  } catch (error) {
    if (!isConnectionError(error)) throw error;
    try {
      await tx.query('select 1');
    } catch {
      throw error;
    }
    throw new Error(`a call of the handler failed: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** One call for all events, or one for each: the seam is passed as often as the service's code is called. */
export async function runHandler(tx: PoolClient, handler: Handler, events: AppliedEvent[]): Promise<void> {
  if (handler.coalesces) return events.length === 0 ? undefined : runOwnCode(tx, () => handler.handleAll(tx, events));
  for (const event of events) await runOwnCode(tx, () => handler.handleAll(tx, [event]));
}
