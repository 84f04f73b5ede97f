/** Answers "what do you say of this entity": a read model is rebuilt from it, page by page, plus live (B12). */
import type { DynamicModule } from '@nestjs/common';
import { Controller } from '@nestjs/common';
import { MessagePattern, RpcException } from '@nestjs/microservices';
import type { Database } from '@steward/platform';
import { z } from 'zod';
import { type SnapshotItem, snapshotRows } from '../announce/announced.store';

const question = z.object({
  entity: z.string().min(1),
  after: z.string().nullish(),
  limit: z.number().int().min(1).max(1_000).default(500),
});

export interface SnapshotPage {
  readonly items: readonly SnapshotItem[];
  /** To be asked for with `after`; null when this was the last page. */
  readonly next: string | null;
}

/** An answer is one message of the broker, of 1 MiB; the rest is left for the envelope. */
const maxAnswerBytes = 900_000;

export async function answerSnapshot(database: Pick<Database, 'query'>, asked: unknown): Promise<SnapshotPage> {
  const { entity, after, limit } = question.parse(asked);
  const rows = await snapshotRows(database, entity, after ?? null, limit);
  const items: SnapshotItem[] = [];
  let bytes = 0;
  for (const { key, revision, data, changed_at } of rows) {
    bytes += (data === null ? 0 : Buffer.byteLength(data)) + Buffer.byteLength(key) + 120;
    if (bytes > maxAnswerBytes && items.length > 0) break;
    items.push({ key, revision, tombstone: data === null, data: data === null ? null : JSON.parse(data), changedAt: changed_at.toISOString() });
  }
  return { items, next: items.length < rows.length || rows.length === limit ? (items.at(-1)?.key ?? null) : null };
}

export function snapshotModule(service: string, database: () => Database | undefined): DynamicModule {
  @Controller()
  class SnapshotController {
    @MessagePattern(`rpc.${service}.snapshot`)
    async snapshot(asked: unknown): Promise<SnapshotPage> {
      const open = database();
      if (open === undefined) throw new RpcException('the service is still starting');
      return answerSnapshot(open, asked).catch((error: unknown) => {
        throw new RpcException(error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message);
      });
    }
  }
  class SnapshotModule {}
  return { module: SnapshotModule, controllers: [SnapshotController] };
}
