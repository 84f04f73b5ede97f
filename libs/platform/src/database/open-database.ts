/**
 * A service's own PostgreSQL. Invariants:
 * 1. It is handed out only when reachable and migrated.
 * 2. A lost connection ends what was running on it and nothing else: no event goes unheard, the pool connects anew by itself.
 * 3. A transaction that was not answered with COMMIT is never reported as committed.
 * 4. A client whose state is unknown is thrown away, never given back.
 */
import type { DataSource, EntitySchema } from 'typeorm';
import type { Pool, PoolClient, QueryResultRow } from 'pg';
import { ambientEnv } from '../env/ambient';
import { StewardError } from '../errors/steward-error';
import type { Logger } from '../log/logger';
import { beforeScrape, gauge } from '../metrics/metrics';
import { through } from '../seams/through';
import { isConnectionError, namedDatabaseError } from './connection-errors';
import { migrate, type MigrationClass, OnlyMigrated } from './migrate';
import { createPool } from './pool';
import { typeormLogger } from './typeorm-logger';
import { waitForDatabase } from './wait';
import { watchPool } from './watch';

export interface DatabaseOptions {
  readonly url: string;
  /** Name of the service: shown in pg_stat_activity and in metrics. */
  readonly name: string;
  readonly migrations: readonly MigrationClass[];
  readonly entities?: readonly EntitySchema[];
  readonly poolSize?: number;
  readonly logger: Logger;
  readonly statementTimeoutMs?: number;
  /** How long to wait for a database that doesn't answer; STEWARD_STARTUP_WAIT_MS when absent. */
  readonly startupWaitMs?: number;
}

export type Statement = string | { readonly name: string; readonly text: string };

export interface Database {
  /** TypeORM on the same pool. */
  readonly dataSource: DataSource;
  readonly pool: Pool;
  readonly query: <R extends QueryResultRow>(statement: Statement, values?: readonly unknown[]) => Promise<R[]>;
  /** One transaction; throws DATABASE_UNAVAILABLE when the connection broke, whatever else `work` or a statement threw unchanged. */
  readonly transaction: <T>(work: (tx: PoolClient) => Promise<T>) => Promise<T>;
  /**
   * Called when a connection breaks, before anything can be read on a new one: the server may have crashed, and with it what was
   * committed without waiting for the disk. Returns the unsubscriber.
   */
  readonly onBroken: (callback: () => void) => () => void;
  /** For /readyz: the reason why it can't be used now, or undefined. */
  readonly problem: () => string | undefined;
  readonly close: () => Promise<void>;
}

type NameError = typeof namedDatabaseError;

/**
 * Waits until the database is reachable, migrates it, and opens a pool.
 * @throws OnlyMigrated if STEWARD_MIGRATE_ONLY is set; DATABASE_… errors when it stays unreachable
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { url, name, logger, migrations, statementTimeoutMs = 30_000, poolSize = 10 } = options;
  const waitMs = options.startupWaitMs ?? ambientEnv().STEWARD_STARTUP_WAIT_MS;
  await waitForDatabase(url, name, waitMs, logger);
  await migrate({ url, name, migrations, lockWaitMs: Math.max(waitMs, 60_000), logger });
  // Every service opens its database before anything else, so nothing was read, sent or promised yet.
  if (ambientEnv().STEWARD_MIGRATE_ONLY) throw new OnlyMigrated('migrated, and that was all that was asked');

  const onBroken = new Set<() => void>();
  const broken = (): void => onBroken.forEach((callback) => callback());
  // A statement that the end of its connection interrupted is the one who knows: the pool has no event for that.
  const nameError: NameError = (error, doing) => {
    if (isConnectionError(error)) broken();
    return namedDatabaseError(error, doing);
  };
  const pool = createPool({ url, name, size: poolSize, statementTimeoutMs, logger, broken });
  const dataSource = await dataSourceOn(pool, url, options.entities ?? [], logger);
  const watch = watchPool(pool, logger);
  const unmeasure = measure(pool, name);
  let closing: Promise<void> | undefined;
  return {
    dataSource,
    pool,
    query: async <R extends QueryResultRow>(statement: Statement, values: readonly unknown[] = []) => {
      const config = typeof statement === 'string' ? { text: statement } : statement;
      try {
        return (await pool.query<R>({ ...config, values: [...values] })).rows;
      } catch (error) {
        throw nameError(error, 'querying');
      }
    },
    transaction: (work) => transact(pool, work, nameError),
    onBroken: (callback) => {
      onBroken.add(callback);
      return () => void onBroken.delete(callback);
    },
    problem: watch.problem,
    close: () => {
      closing ??= (async () => {
        watch.stop();
        unmeasure();
        await dataSource.destroy();
      })();
      return closing;
    },
  };
}

async function transact<T>(pool: Pool, work: (tx: PoolClient) => Promise<T>, nameError: NameError): Promise<T> {
  const tx = await connect(pool, nameError);
  let broken: Error | undefined;
  const onError = (error: Error): void => {
    broken ??= error;
  };
  tx.on('error', onError);
  try {
    await tx.query('begin');
    const result = await work(tx);
    const { command } = await through('commit', () => tx.query('commit'));
    // PostgreSQL answers COMMIT of a failed transaction with ROLLBACK, and not with an error.
    if (command !== 'COMMIT') throw new StewardError('DATABASE_ROLLED_BACK');
    return result;
  } catch (error) {
    if (isConnectionError(error)) broken ??= error instanceof Error ? error : new Error(String(error));
    else await tx.query('rollback').catch((cause: unknown) => (broken ??= cause instanceof Error ? cause : new Error(String(cause))));
    throw nameError(error, 'in a transaction');
  } finally {
    tx.off('error', onError);
    tx.release(broken);
  }
}

async function connect(pool: Pool, nameError: NameError): Promise<PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    throw nameError(error, 'connecting');
  }
}

/** TypeORM asks its driver for a pool: it gets ours, so that both work on the same connections and end together. */
async function dataSourceOn(pool: Pool, url: string, entities: readonly EntitySchema[], logger: Logger): Promise<DataSource> {
  const { DataSource } = await import('typeorm');
  const driver = {
    Pool: function givenPool() {
      return pool;
    },
  };
  const source = new DataSource({ type: 'postgres', url, driver, entities: [...entities], installExtensions: false, logger: typeormLogger(logger), poolErrorHandler: () => undefined });
  try {
    return await source.initialize();
  } catch (error) {
    await pool.end();
    throw namedDatabaseError(error, 'opening');
  }
}

function measure(pool: Pool, database: string): () => void {
  const connections = gauge('steward_database_connections', 'Connections of the pool, by state; waiting are requests for one', ['database', 'state']);
  return beforeScrape(() => {
    connections.set({ database, state: 'used' }, pool.totalCount - pool.idleCount);
    connections.set({ database, state: 'idle' }, pool.idleCount);
    connections.set({ database, state: 'waiting' }, pool.waitingCount);
  });
}
