import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { Client } from 'pg';
import { cacheFolder } from '../cache';
import { ServerFault } from '../fault';
import { isTaken } from '../ports';
import { resolvePostgres, userToDropTo } from './binaries';
import { makeCluster } from './cluster';
import { launch, type Running } from '../process/process';

export interface PostgresOptions {
  /** Holds the cluster and its log; made if it does not exist. */
  dir: string;
  port: number;
  /** true: every commit reaches the disk. false: for tests, nothing is synced. */
  durable: boolean;
  /** Asked of everybody when the cluster is new; without it every local connection is trusted (tests). */
  password?: string;
  /** Extra settings, `name=value`. */
  settings?: readonly string[];
  logFile?: string;
}

export interface RunningPostgres extends Running {
  /** As superuser, to the database `postgres`. */
  readonly adminUrl: string;
  readonly folder: string;
}

/** Whether the user that the server runs as can enter the folder; made on the way. */
function reachable(dir: string): boolean {
  const user = userToDropTo();
  if (user === undefined) return true;
  return spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', dir], { ...user, cwd: '/', env: {} }).status === 0;
}

/**
 * Where the cluster of this data folder really lies. As root the server runs as nobody, who can't enter a checkout below
 * a 0700 home; the cluster then lies in the cache, under a name made from the folder's.
 */
export function postgresFolder(dir: string): string {
  const asked = resolve(dir);
  try {
    mkdirSync(asked, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new ServerFault(`cannot create the folder ${asked}: ${(cause as Error).message}`, { cause });
  }
  const user = userToDropTo();
  if (user === undefined) return asked;
  chownSync(asked, user.uid, user.gid);
  if (reachable(asked)) return asked;
  const moved = cacheFolder('clusters', createHash('sha256').update(asked).digest('hex').slice(0, 16));
  chownSync(moved, user.uid, user.gid);
  chmodSync(moved, 0o700);
  if (!reachable(moved)) throw new ServerFault(`PostgreSQL can't run as root, and the user nobody can't enter ${moved}: set STEWARD_CACHE_DIR to a folder outside your home`);
  return moved;
}

async function answers(adminUrl: string): Promise<boolean> {
  const client = new Client({ connectionString: adminUrl, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch (fault) {
    if ((fault as { code?: string }).code === '28P01') throw new ServerFault('PostgreSQL refuses the stored password: the data folder belongs to another installation; start with --reset or another --data');
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function explain(log: string, dir: string, port: number): string | undefined {
  if (/Address already in use/.test(log)) return `port ${port} for PostgreSQL is taken: stop what uses it, or choose other ports`;
  if (/lock file "postmaster.pid" already exists/.test(log)) return `PostgreSQL already runs on ${dir}: stop that one first, or choose another data folder`;
  if (/database files are incompatible with server|not compatible with this version/.test(log)) return `the data in ${dir} was written by another version of PostgreSQL: start with --reset, or choose another data folder`;
  return undefined;
}

/** Real PostgreSQL 18 as a child process on 127.0.0.1, root or not. */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const binaries = resolvePostgres();
  const folder = postgresFolder(options.dir);
  const cluster = join(folder, 'cluster');
  const { port } = options;
  if (await isTaken(port)) throw new ServerFault(`port ${port} for PostgreSQL is taken: stop what uses it, or choose other ports`);
  if (!existsSync(join(cluster, 'PG_VERSION'))) makeCluster(binaries.initdb, cluster, options);
  const adminUrl = `postgres://postgres${options.password === undefined ? '' : `:${encodeURIComponent(options.password)}`}@127.0.0.1:${port}/postgres`;
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=200',
    // With the 128 MB of its default a shop of 100,000 products is read and written through the kernel at each change: 4,300
    // changes/s became 5,300 with 512 MB. Tests have small tables and many servers.
    `shared_buffers=${options.durable ? Math.max(128, Math.min(512, Math.floor(totalmem() / 2 ** 24))) : 128}MB`,
    'jit=off',
    'log_timezone=UTC',
    ...(options.durable ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_wal_size=4GB']),
    ...(options.settings ?? []),
  ];
  const user = userToDropTo();
  const running = await launch({
    name: 'postgres',
    command: binaries.postgres,
    args: ['-D', cluster, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
    cwd: folder,
    ...(user === undefined ? {} : { user }),
    logFile: options.logFile ?? join(folder, 'postgres.log'),
    url: `postgres://127.0.0.1:${port}`,
    ready: () => answers(adminUrl),
    readyWithinMs: 60_000, // crash recovery of a killed server is part of a start
    stopSignal: 'SIGINT', // fast shutdown: SIGTERM would wait for every client
    stopWithinMs: 20_000,
    // After kill -9 its workers need a moment to notice that they are orphans.
    retryOn: /pre-existing shared memory block/,
    explain: (log) => explain(log, folder, port),
  });
  return Object.assign(running, { adminUrl, folder });
}
