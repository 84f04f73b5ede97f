/** Answers "what do you hold of this entity", so that nobody needs to read another service's tables (X1). */
import { type DynamicModule, Logger } from '@nestjs/common';
import { digestSubject } from '@steward/contracts';
import { type Database, systemClock } from '@steward/platform';
import { doorModule } from '../broker/door';
import { answerDigest, type TableOf } from './answer';
import { foldDigests } from './kept';
import { Scrubber } from './scrubber';

/** A fold writes each leaf that changed since the last one, so many changes share a write; who asks meanwhile adds them up itself. */
const FOLD_EVERY_MS = 30_000;

export function digestModule(service: string, tableOf: TableOf, database: () => Database | undefined): DynamicModule {
  const logger = new Logger('digest');
  const scrubber = new Scrubber(logger);
  const stopping = new AbortController();
  let folding: Promise<void> | undefined;
  const fold = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const open = database();
      if (open !== undefined) await foldDigests(open).catch((error: unknown) => logger.warn(`changes of digests were not added up, next time: ${(error as Error).message}`));
      await systemClock.sleep(FOLD_EVERY_MS, stopping.signal);
    }
  };
  /** Nest calls it while the database is open: it begins after the service is configured and ends before connections are closed. */
  const keeper = {
    onApplicationBootstrap: () => void (folding = fold()),
    onModuleDestroy: async () => {
      stopping.abort();
      await folding;
      await scrubber.stop();
    },
  };
  const door = doorModule(digestSubject(service), database, (open, asked) => answerDigest(open, tableOf, asked, scrubber));
  return { ...door, providers: [{ provide: 'steward:digest-keeper', useValue: keeper }] };
}
