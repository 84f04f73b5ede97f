/** Answers "what do you say of this entity": a read model is rebuilt from it, page by page, plus live (B12). */
import type { DynamicModule } from '@nestjs/common';
import { type SnapshotCount, type SnapshotItem, type SnapshotPage, snapshotSubject } from '@steward/contracts';
import { type Database, inSpan } from '@steward/platform';
import { z } from 'zod';
import { doorModule } from '../broker/door';
import type { SnapshotRows } from './told.store';

const question = z.object({
  entity: z.string().min(1),
  after: z.string().nullish(),
  limit: z.number().int().min(1).max(1_000).default(500),
  traceparent: z.string().nullish(),
});

const countQuestion = z.object({ entity: z.string().min(1), count: z.literal(true) });

/** An answer is one message of the broker, of 1 MiB; the rest is left for the envelope. */
const maxAnswerBytes = 900_000;

export async function answerSnapshot(database: Pick<Database, 'query'>, rowsOf: SnapshotRows, asked: unknown): Promise<SnapshotPage> {
  const { entity, after, limit, traceparent } = question.parse(asked);
  const rows = await inSpan(`snapshot ${entity}`, { kind: 'server', parent: traceparent ?? null }, () => rowsOf.page(database, entity, after ?? null, limit));
  const items: SnapshotItem[] = [];
  let bytes = 0;
  for (const { key, revision, message_id: messageId, data, changed_at, major } of rows) {
    bytes += (data === null ? 0 : Buffer.byteLength(data)) + Buffer.byteLength(key) + 192;
    if (bytes > maxAnswerBytes && items.length > 0) break;
    items.push({ key, revision, messageId, tombstone: data === null, data: data === null ? null : JSON.parse(data), changedAt: changed_at.toISOString(), major });
  }
  return { items, next: items.length < rows.length || rows.length === limit ? (items.at(-1)?.key ?? null) : null };
}

export async function answerSnapshotCount(database: Pick<Database, 'query'>, rowsOf: SnapshotRows, asked: unknown): Promise<SnapshotCount> {
  return { count: await rowsOf.count(database, countQuestion.parse(asked).entity) };
}

const isCount = (asked: unknown): boolean => typeof asked === 'object' && asked !== null && 'count' in asked;

/** The snapshot door; `rowsOf` reads the states of an entity from wherever they are. */
export const snapshotModule = (service: string, database: () => Database | undefined, rowsOf: SnapshotRows): DynamicModule =>
  doorModule<Database, SnapshotPage | SnapshotCount>(snapshotSubject(service), database, (open, asked) => (isCount(asked) ? answerSnapshotCount : answerSnapshot)(open, rowsOf, asked));
