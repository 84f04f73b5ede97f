/**
 * What the OMS's own people cancel is cancelled here too, so that nobody ships it.
 * 1. First everything since the oldest order that is open, then since shortly before the last answer: nothing has to be remembered
 *    over a restart, and nothing is missed by one.
 * 2. Each is told once in a process. Where the ERP keeps the order all the same, asking again would change nothing.
 */
import type { Database } from '@steward/platform';
import type { OmsSource } from '../effects/ports';
import { isTerminal } from '../saga/saga';
import { happen, type HappenParts } from './happen';
import { lockSagas, oldestOpen, orderIdsOf } from './saga.store';

export const watchEveryMs = 15_000;
/** For clocks that differ, and for cancellations that were stamped before they could be seen. */
const overlapMs = 3_600_000;

export interface WatchParts extends HappenParts {
  readonly source: OmsSource;
  readonly database: Pick<Database, 'query' | 'transaction'>;
}

/** Returns one look at the OMS, which answers how many orders it has cancelled here. */
export function watchCancellations({ source, database, clock, logger }: WatchParts): (signal: AbortSignal) => Promise<number> {
  const told = new Set<string>();
  let since: Date | undefined;
  const cancel = (number: string): Promise<boolean> =>
    database.transaction(async (tx) => {
      const orderId = (await orderIdsOf(tx, [number])).get(number);
      if (orderId === undefined) return false;
      const saga = (await lockSagas(tx, [orderId], [], new Date(clock.now()))).get(orderId)?.saga;
      // Most have been cancelled there because they were here.
      if (saga === undefined || saga.goal.kind !== 'fulfil' || isTerminal(saga.step)) return false;
      const cancel = { orderId, requestedAt: new Date(clock.now()).toISOString(), requestedBy: 'operator' as const, reason: null };
      await happen(tx, [{ orderId, input: { kind: 'cancel-order', cancel } }], { clock, logger });
      logger.info({ orderId }, 'the OMS has cancelled the order');
      return true;
    });

  return async (signal) => {
    if (source.cancelledSince === undefined) return 0;
    const begun = clock.now();
    const from = since ?? (await oldestOpen(database));
    if (from === undefined) return 0;
    const numbers = await source.cancelledSince(from, signal);
    let count = 0;
    for (const number of numbers) {
      if (told.has(number)) continue;
      if (await cancel(number)) count += 1;
      told.add(number);
    }
    // What isn't answered any more lies before the time that is asked for from now on.
    for (const number of told) if (!numbers.includes(number)) told.delete(number);
    since = new Date(begun - overlapMs);
    return count;
  };
}
