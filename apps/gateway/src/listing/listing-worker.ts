import type { Clock, Database, Logger } from '@steward/platform';
import { listDue } from './listing.store';

const BATCH = 200;
const IDLE_MS = 250;
/** Of the worker's time while many are due: a storm of renames must not hold up stock and prices (R3). */
const SHARE = 0.2;

/** Keeps the lists up with the products: usually within a quarter of a second, and behind its marks when there are many. */
export class ListingWorker {
  private readonly stopping = new AbortController();
  private loop: Promise<void> | undefined;

  constructor(private readonly parts: { database: Database; clock: Clock; logger: Logger }) {}

  start(): void {
    this.loop = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.loop;
  }

  private async run(): Promise<void> {
    const { database, clock, logger } = this.parts;
    while (!this.stopping.signal.aborted) {
      const from = performance.now();
      let listed = 0;
      try {
        listed = await listDue(database, BATCH);
      } catch (error) {
        logger.warn({ err: error }, 'products not listed, trying again');
      }
      const took = performance.now() - from;
      await clock.sleep(listed < BATCH ? IDLE_MS : took / SHARE - took, this.stopping.signal);
    }
  }
}
