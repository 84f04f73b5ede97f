// Where the files of a run lie. A test's server is killed, a test's machine never: what waits for a disk proves nothing more, and took
// half of the time of whatever makes streams.
import { chmodSync, mkdirSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';

const MEMORY = '/dev/shm';
const PREFIX = 'steward-tests-';
/** Several times what a whole run leaves lying about at once. */
const ROOM = 4 * 2 ** 30;

export interface Scratch {
  remove(): void;
}

function isRoomy(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize >= ROOM && process.availableMemory() >= 2 * ROOM;
  } catch {
    return false; // no Linux, or none that shows it
  }
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** Puts TMPDIR of this run, which its workers and servers inherit, into memory if there is room; else all stays as it is. */
export function openScratch(): Scratch | undefined {
  if (!isRoomy(MEMORY)) return undefined;
  const folder = join(MEMORY, `${PREFIX}${process.pid}`);
  try {
    // A run that was killed has left its own.
    for (const name of readdirSync(MEMORY).filter((each) => each.startsWith(PREFIX))) {
      if (!isAlive(Number(name.slice(PREFIX.length))) || join(MEMORY, name) === folder) rmSync(join(MEMORY, name), { recursive: true, force: true });
    }
    mkdirSync(folder);
  } catch {
    return undefined; // somebody else's, or not ours to write
  }
  chmodSync(folder, 0o1777); // like /tmp: PostgreSQL may run as another user
  process.env['TMPDIR'] = folder;
  return { remove: () => rmSync(folder, { recursive: true, force: true }) };
}
