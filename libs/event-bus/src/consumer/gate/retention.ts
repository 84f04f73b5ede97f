/**
 * How long the consumer's own rows are kept, and the sweep that ends them (O6).
 * 1. Nothing goes that a replay could still ask for. The longest one: what the owner's outbox publishes again after a loss of its
 *    stream (B1), and then all the time that the stream holds it. A stream that keeps the newest of each key for ever never has
 *    anything older than a tombstone, so there only the first part counts.
 * 2. Small batches, each a statement of its own; rows that somebody else has in hand are left for the next time.
 * 3. What is open has no age: open letters, held events and positions (C5b) stay.
 */
import type { StreamDeclaration } from '@steward/contracts';
import type { Database } from '@steward/platform';
import { checkRetention, outboxRetentionMs } from '../../outbox/retention';
import type { Work } from '../work';

const dayMs = 86_400_000;
/** Who was asked a quarter later why a letter was discarded must still find out (I6). */
const closedLettersMs = 90 * dayMs;
/** Rows of messages that left their stream before they succeeded; of all others the row goes with its message. */
const attemptsMs = 30 * dayMs;

/** What a service may set; tombstones are the contract's (C12). */
export interface Keep {
  readonly inboxMs?: number;
  readonly closedLettersMs?: number;
}

/** Of one consumer, over all its streams. */
export interface Kept {
  readonly consumer: string;
  readonly handlers: readonly string[];
  readonly inboxMs: number;
  readonly attemptsMs: number;
  readonly closedLettersMs: number;
  readonly tombstones: readonly { readonly entity: string; readonly ms: number }[];
}

export function longestReplayMs(stream: StreamDeclaration): number {
  if (stream.maxAgeMs > 0) return stream.maxAgeMs + outboxRetentionMs;
  return stream.maxMsgsPerSubject === 1 ? outboxRetentionMs : Infinity;
}

/** Called at start; throws where something would be kept for too short. */
export function retentionOf(works: readonly Work[], streams: readonly StreamDeclaration[], keep: Keep = {}): Kept[] {
  return [...new Set(works.map((work) => work.consumer))].map((consumer) => {
    const own = works.filter((work) => work.consumer === consumer);
    const longestMs = Math.max(...own.map((work) => longestReplayMs(streamOf(streams, work.stream))));
    const handlers = [...new Set(own.flatMap((work) => [...work.handlers.values()].map((each) => each.builds)))];
    const projections = new Map(own.flatMap((work) => [...work.projections]));
    const tombstones = [...projections.values()].map(({ contract }) => ({ entity: contract.entity, ms: contract.tombstoneRetentionMs }));
    const kept = { consumer, handlers, tombstones, attemptsMs, inboxMs: keep.inboxMs ?? longestMs + dayMs, closedLettersMs: keep.closedLettersMs ?? Math.max(closedLettersMs, longestMs) };
    checkRetention({
      whose: consumer, longestReplayMs: longestMs, closedLettersMs: kept.closedLettersMs,
      ...(handlers.length > 0 ? { inboxMs: kept.inboxMs } : {}),
      ...(tombstones.length > 0 ? { tombstoneMs: Math.min(...tombstones.map(({ ms }) => ms)) } : {}),
    });
    return kept;
  });
}

const statements = {
  inbox: `delete from inbox where (message_id, handler) in (
    select message_id, handler from inbox where handler = any($1::text[]) and applied_at < $2 limit $3 for update skip locked)`,
  delivery_attempt: `delete from delivery_attempt where (consumer, message_id) in (
    select consumer, message_id from delivery_attempt where consumer = $1 and first_at < $2 limit $3 for update skip locked)`,
  dead_letter: `with old as (select id from dead_letter where consumer = $1 and state <> 'open' and closed_at < $2 limit $3 for update skip locked),
    acts as (delete from dead_letter_act a using old where a.letter_id = old.id)
    delete from dead_letter d using old where d.id = old.id`,
  stored_part: `delete from stored_part where (entity, key) in (
    select entity, key from stored_part where entity = $1 and deleted_at < $2 limit $3 for update skip locked)`,
};

export type Pruned = Record<keyof typeof statements, number>;

/** One batch of each table; a number equal to `batch` says that there may be more. */
export async function prune(database: Pick<Database, 'pool'>, kept: Kept, nowMs: number, batch: number): Promise<Pruned> {
  const before = async (table: keyof typeof statements, whose: string | readonly string[], ms: number): Promise<number> => {
    if (!Number.isFinite(ms) || whose.length === 0) return 0;
    const { rowCount } = await database.pool.query(statements[table], [whose, new Date(nowMs - ms), batch]);
    return rowCount ?? 0;
  };
  let tombstones = 0;
  for (const { entity, ms } of kept.tombstones) tombstones = Math.max(tombstones, await before('stored_part', entity, ms));
  return {
    stored_part: tombstones,
    inbox: await before('inbox', kept.handlers, kept.inboxMs),
    delivery_attempt: await before('delivery_attempt', kept.consumer, kept.attemptsMs),
    dead_letter: await before('dead_letter', kept.consumer, kept.closedLettersMs),
  };
}

export interface PrunerOptions {
  readonly everyMs?: number;
  readonly batch?: number;
}

/** To be called every few seconds: works once an hour, and then one batch a call, so that nothing else waits for it long. */
export function createPruner({ database, clock, logger }: Pick<Work, 'database' | 'clock' | 'logger'>, kepts: readonly Kept[], { everyMs = 3_600_000, batch = 2_000 }: PrunerOptions = {}): () => Promise<void> {
  let dueMs = -Infinity;
  return async () => {
    const now = clock.now();
    if (now < dueMs) return;
    let more = false;
    for (const kept of kepts) {
      const pruned = await prune(database, kept, now, batch);
      const counts = Object.values(pruned);
      if (counts.some((count) => count > 0)) logger.info({ consumer: kept.consumer, pruned }, 'rows beyond their retention were deleted');
      more ||= counts.some((count) => count >= batch);
    }
    if (!more) dueMs = now + everyMs;
  };
}

function streamOf(streams: readonly StreamDeclaration[], name: string): StreamDeclaration {
  const stream = streams.find((each) => each.name === name);
  if (!stream) throw new TypeError(`no stream ${name} is declared`);
  return stream;
}
