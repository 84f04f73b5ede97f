import type { Clock, Logger } from '@steward/platform';
import type { DocumentQueries } from '../product/documents.queries';
import type { DocumentCache } from './document-cache';

const BATCH = 200;
const AGAIN_MS = 1_000;

/**
 * Fills an empty cache with the products on sale until all are in it or it is full. A page that nobody has asked for since the process
 * started is then there too when the database goes (I7).
 */
export async function warmUp(parts: { queries: Pick<DocumentQueries, 'walk'>; cache: DocumentCache; clock: Clock; logger: Logger }, signal: AbortSignal): Promise<void> {
  const { queries, cache, clock, logger } = parts;
  let after: string | null = null;
  while (!signal.aborted && !cache.full) {
    try {
      const read = await cache.load(() => queries.walk(BATCH, after));
      const last = read.at(-1);
      if (last === undefined) break;
      after = last.document.productId;
    } catch (error) {
      logger.debug({ err: error }, 'cache not filled ahead, trying again');
      await clock.sleep(AGAIN_MS, signal);
    }
  }
  logger.info({ documents: cache.size, full: cache.full }, 'cache filled ahead');
}
