/**
 * Brings a database to the schema of this build. Invariants:
 * 1. One process migrates at a time: replicas that start together wait for the first and then find nothing to do.
 * 2. The lock lives in a transaction of its own, not in a session: it holds behind a pooler and dies with its connection.
 * 3. All pending migrations commit together or not at all.
 */
import type { DataSource, MigrationInterface } from 'typeorm';
import { Client } from 'pg';
import { StewardError } from '../errors/steward-error';
import type { Logger } from '../log/logger';
import { namedDatabaseError } from './connection-errors';
import { connectionConfig } from './pool';
import { typeormLogger } from './typeorm-logger';

export type MigrationClass = new () => MigrationInterface;

/** Not a fault: how a process that was started for its migrations alone (STEWARD_MIGRATE_ONLY) comes to its end. */
export class OnlyMigrated extends Error {}

interface MigrationRun {
  readonly url: string;
  readonly name: string;
  readonly migrations: readonly MigrationClass[];
  readonly lockWaitMs: number;
  readonly logger: Logger;
}

/** "steward" as a number; any constant of ours would do. */
const lockKey = 0x73746577;

export async function migrate({ url, name, migrations, lockWaitMs, logger }: MigrationRun): Promise<void> {
  if (migrations.length === 0) return;
  const holder = new Client(connectionConfig(url, `${name} migration lock`));
  holder.on('error', () => undefined); // told by the next query on it
  try {
    await holder.connect();
    await holder.query('begin');
    await holder.query(`set local idle_in_transaction_session_timeout = 0; set local lock_timeout = ${Math.max(1, Math.trunc(lockWaitMs))}`);
    await holder.query('select pg_advisory_xact_lock($1)', [lockKey]);
    await runPending(url, name, migrations, logger);
    await holder.query('commit');
  } catch (cause) {
    const named = namedDatabaseError(cause, 'migrating');
    if (named instanceof StewardError) throw named;
    throw new StewardError('DATABASE_MIGRATION_FAILED', cause instanceof Error ? cause.message : String(cause), { cause });
  } finally {
    await holder.end().catch(() => undefined);
  }
}

/** On a connection without time-outs: filling a column of a large table is allowed to take its time. */
async function runPending(url: string, name: string, migrations: readonly MigrationClass[], logger: Logger): Promise<void> {
  const { DataSource } = await import('typeorm');
  const source: DataSource = new DataSource({
    type: 'postgres',
    url,
    installExtensions: false,
    migrations: [...migrations],
    migrationsTransactionMode: 'all',
    logger: typeormLogger(logger),
    extra: { ...connectionConfig(url, `${name} migrations`), max: 1 },
    poolErrorHandler: (error: unknown) => logger.warn({ err: error }, 'the migrations lost their connection'),
  });
  await source.initialize();
  try {
    for (const done of await source.runMigrations()) logger.info({ migration: done.name }, 'migrated');
  } finally {
    await source.destroy();
  }
}
