/**
 * Partitions of the outbox: one a day, made ahead, dropped when old.
 * 1. A row always has a partition: the default one catches what nobody prepared.
 * 2. A partition with a pending row is never dropped, however old.
 * 3. Rows go by dropping their partition, not by deleting: with an old snapshot held open, deleted rows slow every claim.
 */
import { type Clock, type Database, type Logger, StewardError } from '@steward/platform';
import type { PoolClient } from 'pg';

const dayMs = 86_400_000;
/** B1: long enough to audit and refill a stream after a long week-end. */
export const outboxRetentionMs = 72 * 3_600_000;

/**
 * O6: what may be replayed must still be there. Called at the start.
 * @throws if a setting contradicts it
 */
export function checkRetention(settings: { whose?: string; longestReplayMs: number; outboxMs?: number; inboxMs?: number; tombstoneMs?: number; closedLettersMs?: number }): void {
  const { whose, longestReplayMs } = settings;
  const tooShort = [
    ['outbox', settings.outboxMs],
    ['inbox', settings.inboxMs],
    ['tombstones', settings.tombstoneMs],
    ['closed dead letters', settings.closedLettersMs],
  ].filter((entry): entry is [string, number] => typeof entry[1] === 'number' && entry[1] < longestReplayMs);
  if (tooShort.length === 0) return;
  const names = tooShort.map(([name, ms]) => `${name} ${hours(ms)}`).join(', ');
  throw new StewardError('OUTBOX_RETENTION_SHORT', `${whose === undefined ? '' : `${whose}: `}kept shorter than the longest replay of ${hours(longestReplayMs)}: ${names}`, {
    accepted: `at least ${hours(longestReplayMs)}`,
  });
}

const hours = (ms: number): string => (Number.isFinite(ms) ? `${ms / 3_600_000} h` : 'unlimited time');
const startOfDay = (ms: number): number => Math.floor(ms / dayMs) * dayMs;
const isoDay = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const partitionName = (ms: number): string => `outbox_${isoDay(ms).replaceAll('-', '')}`;

/**
 * Creates the partitions of today and the next days; several processes may run it at once. Partitions are checked every hour, so one day
 * ahead is enough; more would cost time, since reading what is pending opens them all, even empty ones.
 */
export async function ensurePartitions(database: Pick<Database, 'transaction'>, nowMs: number, daysAhead = 1): Promise<void> {
  for (let day = 0; day <= daysAhead; day += 1) {
    const from = startOfDay(nowMs) + day * dayMs;
    await database.transaction((tx) => ensurePartition(tx, from));
  }
}

async function ensurePartition(tx: PoolClient, from: number): Promise<void> {
  const name = partitionName(from);
  await tx.query(`set local lock_timeout = '5s'`);
  await tx.query(`select pg_advisory_xact_lock(hashtext('outbox-partitions'))`);
  const known = await tx.query('select 1 from pg_class where oid = to_regclass($1)', [name]);
  if (known.rowCount) return;
  const bounds = [`${isoDay(from)}T00:00:00Z`, `${isoDay(from + dayMs)}T00:00:00Z`];
  // Attaching takes a weaker lock on the outbox than `create table … partition of`: writers and the relay go on. It also gives
  // the partition the outbox's identity and indexes, which may not be there before.
  await tx.query(`create table ${name} (like outbox including defaults including constraints)`);
  // After a long standstill the default partition may hold rows of this day; attaching would refuse them.
  await tx.query(
    `with moved as (delete from outbox_default where created_at >= $1 and created_at < $2 returning *)
     insert into ${name} select * from moved`,
    bounds,
  );
  await tx.query(`alter table outbox attach partition ${name} for values from ('${bounds[0]}') to ('${bounds[1]}')`);
}

/** Drops partitions that ended more than `keepMs` ago and hold nothing pending; returns their names. */
export async function dropExpiredPartitions(database: Pick<Database, 'query' | 'transaction'>, nowMs: number, keepMs = outboxRetentionMs): Promise<string[]> {
  const partitions = await database.query<{ name: string }>(
    `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'outbox'::regclass and c.relname ~ '^outbox_[0-9]{8}$' order by 1`,
  );
  const dropped: string[] = [];
  for (const { name } of partitions) {
    if (name.slice('outbox_'.length) >= partitionName(nowMs - keepMs).slice('outbox_'.length)) break;
    if (await database.transaction((tx) => dropIfPublished(tx, name))) dropped.push(name);
  }
  return dropped;
}

async function dropIfPublished(tx: PoolClient, name: string): Promise<boolean> {
  // Dropping needs the outbox for itself for a moment: better try again in an hour than queue all writers behind us.
  await tx.query(`set local lock_timeout = '1s'`);
  await tx.query(`lock table ${name} in access exclusive mode`);
  const pending = await tx.query(`select 1 from ${name} where published_at is null limit 1`);
  if (pending.rowCount) return false;
  await tx.query(`drop table ${name}`);
  return true;
}

interface RetentionOptions {
  database: Pick<Database, 'query' | 'transaction'>;
  clock: Clock;
  logger: Logger;
  keepMs?: number;
  everyMs?: number;
}

/** Maintains the partitions for the life of the service: once at the start (awaited), then every hour. */
export class Retention {
  private readonly stopping = new AbortController();
  private loop: Promise<void> | undefined;

  constructor(private readonly options: RetentionOptions) {}

  async start(): Promise<void> {
    const { keepMs = outboxRetentionMs } = this.options;
    checkRetention({ outboxMs: keepMs, longestReplayMs: outboxRetentionMs });
    await ensurePartitions(this.options.database, this.options.clock.now());
    this.loop = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.loop;
  }

  private async run(): Promise<void> {
    const { database, clock, logger, keepMs = outboxRetentionMs, everyMs = 3_600_000 } = this.options;
    while (!this.stopping.signal.aborted) {
      try {
        await ensurePartitions(database, clock.now());
        const dropped = await dropExpiredPartitions(database, clock.now(), keepMs);
        if (dropped.length > 0) logger.info({ dropped }, 'dropped published outbox partitions');
      } catch (error) {
        logger.warn({ err: error }, 'looking after the outbox partitions failed, next time');
      }
      await clock.sleep(everyMs, this.stopping.signal);
    }
  }
}
