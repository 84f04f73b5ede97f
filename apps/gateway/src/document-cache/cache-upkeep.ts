/**
 * Keeps one API process's memory true to the database. Invariants (C11, O8):
 *   1. Notifications are handled one after the other in commit order, so progress is never believed before the invalidations
 *      of the changes it vouches for.
 *   2. After each (re)connect everything in memory is outdated, and progress, categories and promotions are read anew before anything else is heard.
 *   3. While nothing is heard, progress stands still: what is served meanwhile grows old honestly.
 *   4. What could not be handled may have been an invalidation: 2 is repeated until it succeeds.
 */
import type { Clock, Database, Logger } from '@steward/platform';
import { readExclusions, readExclusionsMark, readProgress } from '../freshness/freshness.queries';
import type { AppliedProgress } from '../freshness/progress.store';
import { readCategories } from '../category/categories.queries';
import type { DocumentQueries } from '../product/documents.queries';
import type { LivePromotions } from '../promotion/live-promotions';
import { readPromotions } from '../promotion/promotions.queries';
import type { Surroundings } from './cached-document';
import type { DocumentCache } from './document-cache';
import { warmUp } from './warm-up';

const WATCH_EVERY_MS = 500;

interface Notice {
  change?: number;
  keys?: string[];
  revisions?: number[];
  progress?: AppliedProgress[];
  categories?: true;
  promotions?: true;
}

export class CacheUpkeep {
  private readonly stopping = new AbortController();
  private handled: Promise<void> = Promise.resolve();
  private exclusionsMark: string | undefined;
  private behind = false;
  private loops: Promise<unknown> | undefined;

  constructor(private readonly parts: Surroundings & { promotions: LivePromotions; database: Database; queries: DocumentQueries; cache: DocumentCache; clock: Clock; logger: Logger }) {}

  start(): void {
    this.loops = Promise.all([this.watch(), warmUp(this.parts, this.stopping.signal)]);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.loops;
    await this.handled;
  }

  /** To be called with each notification of the documents' channel, in the order they come. */
  hear(payload: string): void {
    this.inTurn(() => this.handle(JSON.parse(payload) as Notice));
  }

  /** To be called when listening has begun, the first time and after each loss of the connection. */
  listening(): void {
    this.inTurn(async () => {
      const { cache, freshness, categories, promotions, database } = this.parts;
      cache.invalidateAll();
      promotions.replace(await readPromotions(database));
      categories.replace(await readCategories(database));
      freshness.apply(await readProgress(database));
      this.behind = false;
    });
  }

  /** Resolves when everything heard so far is handled. */
  async settled(): Promise<void> {
    await this.handled;
  }

  private inTurn(work: () => Promise<void>): void {
    this.handled = this.handled.then(work).catch((error: unknown) => {
      this.parts.cache.invalidateAll();
      this.behind = true; // invariant 4
      this.parts.logger.warn({ err: error }, 'everything in memory is outdated: a change notice could not be handled');
    });
  }

  private async handle(notice: Notice): Promise<void> {
    const { cache, categories, promotions, database } = this.parts;
    if (notice.promotions) promotions.replace(await readPromotions(database));
    if (notice.categories) categories.replace(await readCategories(database));
    if (notice.progress) await this.believe(notice.progress);
    if (notice.keys && notice.revisions) cache.invalidate(notice.keys, notice.revisions);
    else if (notice.change !== undefined) await this.handleBigChange(notice.change);
  }

  /** Progress and the keys it excepts are believed together (O8). */
  private async believe(told: readonly AppliedProgress[]): Promise<void> {
    const { database, freshness, logger } = this.parts;
    if (told.every((progress) => freshness.knowsExceptionsOf(progress))) return freshness.apply(told);
    try {
      const stored = await readProgress(database);
      // What is stored may be newer than this notice. Then its own notice follows, behind the invalidations it vouches for.
      freshness.apply(stored.filter((each) => told.some(({ system, entity, appliedUpTo }) => each.system === system && each.entity === entity && each.appliedUpTo === appliedUpTo)));
    } catch (error) {
      // Unlike a change that was missed, progress that was missed only makes answers look older.
      logger.debug({ err: error }, 'keys excepted from progress not read, progress stands still until the next');
    }
  }

  private async handleBigChange(id: number): Promise<void> {
    const [row] = await this.parts.database.query<{ product_ids: string[]; revisions: string[] }>(
      { name: 'document-change', text: 'select product_ids, revisions from document_change where id = $1' },
      [id],
    );
    if (row === undefined) this.parts.cache.invalidateAll();
    else this.parts.cache.invalidate(row.product_ids, row.revisions.map(Number));
  }

  private async watch(): Promise<void> {
    const { database, freshness, clock, logger } = this.parts;
    while (!this.stopping.signal.aborted) {
      if (this.behind) this.listening();
      try {
        const mark = await readExclusionsMark(database);
        if (mark !== this.exclusionsMark) {
          freshness.exclude(await readExclusions(database));
          this.exclusionsMark = mark;
        }
      } catch (error) {
        logger.debug({ err: error }, 'open dead letters not read, keeping the last ones');
      }
      await clock.sleep(WATCH_EVERY_MS, this.stopping.signal);
    }
  }
}
