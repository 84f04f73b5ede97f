import { isConnectionError, through } from '@steward/platform';
import type { PoolClient } from 'pg';

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
