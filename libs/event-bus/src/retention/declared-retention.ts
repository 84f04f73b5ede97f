/**
 * What a table of a service's own keeps, and for how long. Declared beside the table, carried out by one loop (O6).
 * 1. A statement is one bounded batch in a transaction of its own, and leaves what somebody else has in hand for the next time
 *    (skip locked): nobody waits for it long.
 * 2. `because` says what needs the rows until then and why nothing does afterwards. What has no such answer is kept.
 * 3. A ledger that nobody may change refuses deletions but those of its retention: `underRetention` is true in no other transaction.
 */
import { BackgroundLoop, type Clock, counter, type Database, type Logger } from '@steward/platform';

export interface DeclaredRetention {
  /** The table, for the log and the metric. */
  readonly table: string;
  readonly keepMs: number;
  readonly because: string;
  /** Of what is older than $1 at most $2 rows, or groups of rows that belong together. */
  readonly statement: string;
}

/**
 * Declares a retention.
 * @throws TypeError if the statement is not a bounded batch with $1 and `limit $2`
 */
export function defineRetention(retention: DeclaredRetention): DeclaredRetention {
  const { table, keepMs, statement } = retention;
  if (!Number.isFinite(keepMs) || keepMs <= 0) throw new TypeError(`${table} is kept for ${String(keepMs)} ms`);
  if (!/\$1\b/.test(statement) || !/limit \$2\b/.test(statement)) throw new TypeError(`the retention of ${table} is no bounded batch: it wants $1 and limit $2`);
  return retention;
}

/** For a trigger that refuses whatever else changes its table. */
export const underRetention = `coalesce(current_setting('steward.retention', true), '') = 'on'`;

const removed = counter('steward_rows_retired_total', 'Rows that were deleted or emptied because they were older than they are kept', ['table']);

/**
 * Deletes one batch; returns the number of rows. Zero means that nothing is left; a batch counts groups, so it may delete more rows than
 * its limit.
 */
export async function retire(database: Pick<Database, 'transaction'>, { table, keepMs, statement }: DeclaredRetention, nowMs: number, batch = 1_000): Promise<number> {
  const count = await database.transaction(async (tx) => {
    await tx.query(`set local steward.retention = 'on'`);
    const { rowCount } = await tx.query(statement, [new Date(nowMs - keepMs), batch]);
    return rowCount ?? 0;
  });
  if (count > 0) removed.inc({ table }, count);
  return count;
}

interface RetiringParts {
  readonly database: Pick<Database, 'transaction'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Deletes everything due now, or stops at the signal. */
export async function retireAll({ database, clock, logger }: RetiringParts, retentions: readonly DeclaredRetention[], signal: AbortSignal): Promise<void> {
  for (const retention of retentions) {
    let rows = 0;
    for (let count = -1; count !== 0 && !signal.aborted; rows += count) count = await retire(database, retention, clock.now());
    if (rows > 0) logger.info({ table: retention.table, rows }, 'rows beyond their retention were retired');
  }
}

export const retireEveryMs = 3_600_000;

/** For services without loops under a lease: running several at once does no harm. */
export function retiringLoop(parts: RetiringParts, retentions: readonly DeclaredRetention[]): BackgroundLoop {
  const loop: BackgroundLoop = new BackgroundLoop({
    ...parts,
    pauseMs: 60_000,
    failed: 'old rows were not retired, trying again',
    turn: async () => {
      await retireAll(parts, retentions, loop.signal);
      return retireEveryMs;
    },
  });
  return loop;
}
