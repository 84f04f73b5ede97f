import { BackgroundLoop, type Clock, type Database, type Logger } from '@steward/platform';
import { listDue } from './listing.store';

const BATCH = 200;
const IDLE_MS = 250;
/** Of the worker's time while many are due: a storm of renames must not hold up stock and prices (R3). */
const SHARE = 0.2;

/** Keeps the lists up with the products: usually within a quarter of a second, and behind its marks when there are many. */
export function listingWorker({ database, clock, logger }: { database: Database; clock: Clock; logger: Logger }): BackgroundLoop {
  const turn = async (): Promise<number> => {
    const from = performance.now();
    const listed = await listDue(database, BATCH);
    const took = performance.now() - from;
    return listed < BATCH ? IDLE_MS : took / SHARE - took;
  };
  return new BackgroundLoop({ clock, logger, turn, pauseMs: IDLE_MS, failed: 'products not listed, trying again' });
}
