// Where binaries are kept between runs. What lies there is executed, so the folder must be ours alone to write.
import { accessSync, chmodSync, constants, copyFileSync, existsSync, lstatSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { ServerFault } from './fault';

const uid = (): number => process.getuid?.() ?? 0;

function usableHome(): string | undefined {
  try {
    const home = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
    if (!isAbsolute(home)) return undefined;
    mkdirSync(home, { recursive: true });
    accessSync(home, constants.W_OK);
    return home;
  } catch {
    return undefined;
  }
}

function place(): string {
  const chosen = process.env['STEWARD_CACHE_DIR'];
  if (chosen) return chosen;
  // Root's home is usually 0700, and PostgreSQL runs as another user there: keep out of it.
  if (uid() === 0) return '/var/cache/steward';
  const home = usableHome();
  return home === undefined ? join(tmpdir(), `steward-cache-${uid()}`) : join(home, 'steward');
}

/** The cache folder (or one below it), made if need be; refuses a folder that another user could have filled. */
export function cacheFolder(...below: string[]): string {
  const root = place();
  try {
    mkdirSync(root, { recursive: true, mode: 0o755 });
  } catch (cause) {
    throw new ServerFault(`cannot create the cache folder ${root}: set STEWARD_CACHE_DIR to a folder you can write`, { cause });
  }
  const found = lstatSync(root);
  if (!found.isDirectory() || found.uid !== uid() || (found.mode & 0o022) !== 0) {
    throw new ServerFault(`the cache folder ${root} is not yours alone to write: remove it, or set STEWARD_CACHE_DIR to another folder`);
  }
  const folder = join(root, ...below);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  return folder;
}

/**
 * Makes a file or folder of the cache aside and renames it when it is whole, so that two first runs at once never see half of it. A folder
 * that another run has made meanwhile is taken as it is.
 */
export function keepWhole(target: string, make: (draft: string) => void): string {
  const aside = mkdtempSync(join(dirname(target), 'draft-'));
  try {
    const draft = join(aside, basename(target));
    make(draft);
    try {
      renameSync(draft, target);
    } catch (cause) {
      if (!existsSync(target)) throw cause;
    }
    return target;
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

/** Keeps a program that was fetched. */
export const keepProgram = (target: string, fetched: string): string =>
  keepWhole(target, (draft) => {
    copyFileSync(fetched, draft);
    chmodSync(draft, 0o755);
  });
