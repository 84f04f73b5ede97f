/** Answers "what do you hold of this entity", so that nobody needs to read another service's tables (X1). */
import type { DynamicModule } from '@nestjs/common';
import { Controller, Logger } from '@nestjs/common';
import { MessagePattern, RpcException } from '@nestjs/microservices';
import { type DigestAnswer, digestSubject } from '@steward/contracts';
import { type Database, systemClock } from '@steward/platform';
import { z } from 'zod';
import { answerDigest, type TableOf } from './answer';
import { foldDigests } from './kept';
import { Scrubber } from './scrubber';

const FOLD_EVERY_MS = 5_000;

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
  @Controller()
  class DigestController {
    @MessagePattern(digestSubject(service))
    async digest(asked: unknown): Promise<DigestAnswer> {
      const open = database();
      if (open === undefined) throw new RpcException('the service is still starting');
      return answerDigest(open, tableOf, asked, scrubber).catch((error: unknown) => {
        throw new RpcException(error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message);
      });
    }
  }
  class DigestModule {}
  return { module: DigestModule, controllers: [DigestController], providers: [{ provide: 'steward:digest-keeper', useValue: keeper }] };
}
