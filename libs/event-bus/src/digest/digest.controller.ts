/** Answers "what do you hold of this entity", so that nobody needs to read another service's tables (X1). */
import type { DynamicModule } from '@nestjs/common';
import { Controller } from '@nestjs/common';
import { MessagePattern, RpcException } from '@nestjs/microservices';
import { type DigestAnswer, digestSubject } from '@steward/contracts';
import type { Database } from '@steward/platform';
import type { PoolClient } from 'pg';
import { z } from 'zod';
import { DIGEST_BUCKETS, digestBuckets, digestKeys, type StateTable } from './digest';

const question = z.strictObject({
  entity: z.string().min(1).max(100),
  buckets: z.array(z.number().int().min(0).max(DIGEST_BUCKETS - 1)).min(1).max(DIGEST_BUCKETS).optional(),
  after: z.string().nullish(),
});

/** An answer is one message of 1 MiB; a key has up to 255 bytes, each up to six characters of JSON. */
const MOST_KEYS = 600;
/** All rows of an entity are read: 9 µs of CPU each (ADR 0014), so this is enough for some millions on a busy machine. */
const READ_WITHIN_MS = 120_000;

/** Where the states of an entity are: for who announces some and keeps others'. */
export type TableOf = StateTable | ((entity: string) => StateTable);

export async function answerDigest(database: Pick<Database, 'transaction'>, tableOf: TableOf, asked: unknown): Promise<DigestAnswer> {
  const { entity, buckets, after = null } = question.parse(asked);
  const table = typeof tableOf === 'function' ? tableOf(entity) : tableOf;
  const read = <T>(run: (tx: PoolClient) => Promise<T>): Promise<T> =>
    database.transaction(async (tx) => {
      await tx.query(`set local statement_timeout = ${String(READ_WITHIN_MS)}`);
      return run(tx);
    });
  if (buckets === undefined) return { buckets: await read((tx) => digestBuckets(tx, table, entity)) };
  const keys = await read((tx) => digestKeys(tx, table, { entity, buckets, after, limit: MOST_KEYS }));
  return { keys, next: keys.length === MOST_KEYS ? (keys.at(-1)?.key ?? null) : null };
}

export function digestModule(service: string, tableOf: TableOf, database: () => Database | undefined): DynamicModule {
  @Controller()
  class DigestController {
    @MessagePattern(digestSubject(service))
    async digest(asked: unknown): Promise<DigestAnswer> {
      const open = database();
      if (open === undefined) throw new RpcException('the service is still starting');
      return answerDigest(open, tableOf, asked).catch((error: unknown) => {
        throw new RpcException(error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message);
      });
    }
  }
  class DigestModule {}
  return { module: DigestModule, controllers: [DigestController] };
}
