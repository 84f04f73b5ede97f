// The data folder belongs to one running system at a time: two nats-servers on one store corrupt it.
import { accessSync, constants, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ServerFault, postgresFolder } from '@steward/servers';

const BROKER_NODES = 'broker-nodes';

export interface DataFolder {
  readonly path: string;
  /** Whether a system before us ended without cleaning up: its last processes may need seconds to go. */
  readonly takenOver: boolean;
  logOf(name: string): string;
  release(): void;
}

const LOG_LIMIT = 20_000_000;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (fault) {
    return (fault as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Locks that this very process holds: its own pid in a file may also be left from an earlier process. */
const held = new Set<string>();

function claim(lock: string, path: string): boolean {
  let takenOver = false;
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      held.add(lock);
      return takenOver;
    } catch (fault) {
      if ((fault as NodeJS.ErrnoException).code !== 'EEXIST') throw fault;
      const holder = Number(readFileSync(lock, 'utf8'));
      if (holder === process.pid ? held.has(lock) : holder > 0 && isAlive(holder)) {
        throw new ServerFault(`Steward already runs on ${path} (process ${holder}): stop it first, or choose another folder with --data (if no Steward runs, remove ${lock})`);
      }
      rmSync(lock, { force: true });
      takenOver = true;
    }
  }
}

/** Not by `recursive`: where no folder can be made, as below /proc, Node then tries for ever. */
function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  if (path !== dirname(path)) makeFolder(dirname(path));
  mkdirSync(path, { mode: 0o755 });
}

/** Opens (or makes) the folder and claims it; `reset` empties it first. */
export function openDataFolder(dir: string, { reset = false }: { reset?: boolean } = {}): DataFolder {
  const path = resolve(dir);
  try {
    makeFolder(path);
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const reason = code === 'EEXIST' || code === 'ENOTDIR' ? 'it is not a folder' : `${code ?? 'error'}: it must be readable and writable for you`;
    throw new ServerFault(`cannot use the data folder ${path} (${reason}): choose another one with --data`, { cause });
  }
  const lock = join(path, 'lock');
  const takenOver = claim(lock, path);
  if (reset) {
    // The cluster may lie outside (root below a 0700 home), so it is asked for by name.
    rmSync(postgresFolder(join(path, 'postgres')), { recursive: true, force: true });
    for (const name of ['postgres', 'nats', 'nats-2', 'nats-3', BROKER_NODES, 'sandbox', 'logs', 'secrets.json']) rmSync(join(path, name), { recursive: true, force: true });
  }
  mkdirSync(join(path, 'logs'), { recursive: true });
  return {
    path,
    takenOver,
    logOf: (name) => {
      const file = join(path, 'logs', `${name}.log`);
      if (existsSync(file) && statSync(file).size > LOG_LIMIT) renameSync(file, `${file}.1`);
      return file;
    },
    release: () => {
      held.delete(lock);
      rmSync(lock, { force: true });
    },
  };
}

/** Streams of a single server can't join a cluster, nor the other way round: the server would start and have none of them. */
export function rememberBrokerNodes(dataDir: string, count: number): void {
  const file = join(dataDir, BROKER_NODES);
  const before = existsSync(file) ? Number(readFileSync(file, 'utf8')) : existsSync(join(dataDir, 'nats')) ? 1 : count;
  if (before !== count) throw new ServerFault(`the data in ${dataDir} belongs to a broker of ${before} node${before === 1 ? '' : 's'}, not ${count}: take another folder with --data, or begin anew with --reset`);
  writeFileSync(file, String(count));
}
