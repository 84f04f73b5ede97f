// pg_dump and pg_restore, which the npm package of the server lacks. First found wins: PATH, our cache, Debian's mirror.
import { execFile, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder, keepWhole } from '../cache';
import { type DebianProgram, fetchFromDebian } from '../debian';
import { ServerFault } from '../fault';

/** An older pg_dump refuses a newer server; ours is of this version. */
const DUMP_FLOOR = 18;

export type DumpTool = 'pg_dump' | 'pg_restore';

export interface DumpTools {
  readonly version: string;
  /** Where they were found, for people. */
  readonly origin: string;
  /** Throws what the tool has written to stderr. */
  readonly run: (tool: DumpTool, args: readonly string[]) => Promise<void>;
}

// Debian's loader is called by its path with Debian's libraries, so the machine's own C library may be older.
const inDebian: DebianProgram = {
  package: `postgresql-client-${DUMP_FLOOR}`,
  with: ['libc6', 'libcom-err2', 'libgssapi-krb5-2', 'libk5crypto3', 'libkeyutils1', 'libkrb5-3', 'libkrb5support0', 'libldap2', 'liblz4-1', 'libpq5', 'libsasl2-2', 'libssl3t64', 'libzstd1', 'zlib1g'],
  paths: [`usr/lib/postgresql/${DUMP_FLOOR}/bin/pg_dump`],
  suites: ['forky', 'sid'],
};

type Command = (tool: DumpTool) => readonly [string, ...string[]];

function toolsOf(command: Command, origin: string): DumpTools | undefined {
  const versions = (['pg_dump', 'pg_restore'] as const).map((tool) => {
    const [program, ...args] = command(tool);
    return /\d+(\.\d+)?/.exec(spawnSync(program, [...args, '--version'], { encoding: 'utf8', timeout: 10_000 }).stdout ?? '')?.[0];
  });
  const [version] = versions;
  if (version === undefined || versions.some((each) => Number.parseInt(each ?? '0', 10) < DUMP_FLOOR)) return undefined;
  const run: DumpTools['run'] = async (tool, args) => {
    const [program, ...before] = command(tool);
    await promisify(execFile)(program, [...before, ...args]).catch((fault: Error & { stderr?: string }) => {
      throw new Error(`${tool}: ${fault.stderr?.trim() || fault.message}`, { cause: fault });
    });
  };
  return { version, origin, run };
}

const withLoader = (folder: string): Command | undefined => {
  const libraries = join(folder, 'lib');
  const loader = existsSync(libraries) ? readdirSync(libraries).find((name) => /^ld-linux.*\.so\.\d+$/.test(name)) : undefined;
  return loader === undefined ? undefined : (tool) => [join(libraries, loader), '--library-path', libraries, join(folder, tool)];
};

const keptIn = (): string => join(cacheFolder('postgres-client'), `${DUMP_FLOOR}-${process.arch}`);

/** The two programs and their libraries, as one folder; what lies there does not run here, else nothing had been fetched. */
function keep(root: string): string {
  rmSync(keptIn(), { recursive: true, force: true });
  return keepWhole(keptIn(), (draft) => {
    mkdirSync(join(draft, 'lib'), { recursive: true });
    for (const tool of ['pg_dump', 'pg_restore']) copyFileSync(join(root, `usr/lib/postgresql/${DUMP_FLOOR}/bin`, tool), join(draft, tool));
    const libraries = readdirSync(join(root, 'usr/lib')).find((name) => name.endsWith('-linux-gnu'));
    if (libraries !== undefined) cpSync(join(root, 'usr/lib', libraries), join(draft, 'lib'), { recursive: true, verbatimSymlinks: true });
  });
}

/** Finds the tools or fetches them; `note` hears what takes time. */
export async function resolveDumpTools(note: (line: string) => void = () => undefined): Promise<DumpTools> {
  const cached = (folder: string, origin: string): DumpTools | undefined => {
    const command = withLoader(folder);
    return command && toolsOf(command, origin);
  };
  const known = toolsOf((tool) => [tool], 'PATH') ?? cached(keptIn(), 'cache');
  if (known !== undefined) return known;
  const fetched = await fetchFromDebian(inDebian, note);
  let reason = '';
  if (fetched.kind === 'failed') reason = fetched.reason;
  else {
    try {
      const found = cached(keep(fetched.root), 'Debian’s mirror');
      if (found !== undefined) return found;
      reason = 'what Debian’s mirror gave does not run here';
    } finally {
      fetched.cleanUp();
    }
  }
  throw new ServerFault(`no pg_dump of PostgreSQL ${DUMP_FLOOR} found (${reason}): install postgresql-client-${DUMP_FLOOR} or newer on PATH`);
}
