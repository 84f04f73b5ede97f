import { Pool, types, type CustomTypesConfig, type PoolConfig } from 'pg';
import type { Logger } from '../log/logger';

interface PoolOptions {
  readonly url: string;
  /** Shown in pg_stat_activity, so that a lock has a name. */
  readonly name: string;
  readonly size: number;
  readonly statementTimeoutMs: number;
  readonly logger: Logger;
  /** Told of each connection that the server or the network ended. */
  readonly broken: () => void;
}

const int8 = 20;
const int8Array = 1016;

/** Refuses what a number can't hold: a silently rounded revision would be the worst of errors. */
function toSafeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`int8 ${text} is beyond 2^53: select it as text`);
  return value;
}

// @types/pg lists scalar types only.
const parseInt8Array = types.getTypeParser(int8Array as number as 20) as unknown as (text: string) => (string | null)[];
const toSafeIntegers = (text: string): (number | null)[] => parseInt8Array(text).map((each) => (each === null ? null : toSafeInteger(each)));

/** int8 as number, for our pools only: pg's parsers are global to the process and others may count on them. */
const ownTypes: CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (format !== 'binary' && oid === int8) return toSafeInteger;
    if (format !== 'binary' && oid === int8Array) return toSafeIntegers;
    return format === 'binary' ? types.getTypeParser(oid, 'binary') : types.getTypeParser(oid, 'text');
  }) as CustomTypesConfig['getTypeParser'],
};

/** Options that every connection of ours has, pooled or not. */
export const connectionConfig = (url: string, name: string): PoolConfig => ({
  connectionString: url,
  application_name: name,
  types: ownTypes,
  keepAlive: true,
  // A peer that vanished without a word is noticed by the kernel, not by the next query's time-out.
  keepAliveInitialDelayMillis: 10_000,
  connectionTimeoutMillis: 5_000,
});

/** A statement is sent when it is asked for, not when the one before it was answered (`together`). @types/pg does not know of it yet. */
const pipelining: PoolConfig & { readonly pipeline: true } = { pipeline: true };

export function createPool({ url, name, size, statementTimeoutMs, logger, broken }: PoolOptions): Pool {
  const pool = new Pool({
    ...connectionConfig(url, name),
    ...pipelining,
    // A prepared statement keeps the plan of the moment, and PostgreSQL reads a table of some rows whole for each key: so it would go on when
    // there are thousands. What has an index is read by it (ADR 0031); disks that turn, of which PostgreSQL thinks by default, nobody has.
    options: '-c random_page_cost=1.1 -c enable_seqscan=off',
    max: size,
    idleTimeoutMillis: 30_000,
    statement_timeout: statementTimeoutMs,
    // Who waits for others is told so (55P03) and tries again; ended by its own time-out it would pass for a statement that is too slow.
    lock_timeout: Math.trunc((statementTimeoutMs * 2) / 3),
    // Only a server that hangs without closing is later than its own time-out; the client is then thrown away.
    query_timeout: statementTimeoutMs + 5_000,
    // A process that stopped between two statements must not hold its locks for longer than a slow statement may.
    idle_in_transaction_session_timeout: statementTimeoutMs,
  });
  // An error event without a listener ends the process. Idle clients report to the pool, borrowed ones to themselves.
  pool.on('error', (error) => logger.warn({ err: error }, 'an idle database connection broke'));
  pool.on('connect', (client) => {
    client.on('error', (error) => {
      logger.debug({ err: error }, 'a database connection broke');
      broken();
    });
  });
  return pool;
}
