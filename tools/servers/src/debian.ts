// A program from Debian's own mirror, without root and without touching the system: apt works in a folder of ours,
// with the mirror that this machine already uses and Debian's keys. The suites are newer than most systems: what is fetched so is one
// static file, or comes with its own loader and libraries (`with`), so it runs on any of them.
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Fetch } from './nats/fetch';

const run = promisify(execFile);

export interface DebianProgram {
  readonly package: string;
  /** Packages that are unpacked beside it: the loader and libraries that it runs with. */
  readonly with?: readonly string[];
  /** Below the root of the package, first found wins. */
  readonly paths: readonly string[];
  readonly suites: readonly string[];
}

const keyrings = ['/usr/share/keyrings/debian-archive-keyring.pgp', '/usr/share/keyrings/debian-archive-keyring.gpg'];

function mirror(): string | undefined {
  const answer = spawnSync('apt-get', ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages'], { encoding: 'utf8' });
  if (answer.status !== 0) return undefined;
  return [...new Set(answer.stdout.split('\n').filter((line) => /debian/.test(line) && !/security/.test(line)))].sort()[0];
}

async function fromSuite(wanted: DebianProgram, suite: string, source: string, keyring: string, folder: string): Promise<string> {
  for (const part of ['state/lists/partial', 'cache/archives/partial', 'debs', 'root']) mkdirSync(join(folder, part), { recursive: true });
  const list = join(folder, 'sources.list');
  writeFileSync(list, `deb [signed-by=${keyring}] ${source} ${suite} main\n`);
  const architecture = (await run('dpkg', ['--print-architecture'])).stdout.trim();
  const options = [
    `Dir::Etc::sourcelist=${list}`,
    'Dir::Etc::sourceparts=-',
    `Dir::State=${join(folder, 'state')}`,
    `Dir::Cache=${join(folder, 'cache')}`,
    'Dir::State::status=/dev/null',
    `APT::Architecture=${architecture}`,
    'Acquire::Languages=none',
    'Acquire::Retries=2',
    'APT::Sandbox::User=',
    'Debug::NoLocking=1',
  ].flatMap((option) => ['-o', option]);
  const limits = { timeout: 120_000, cwd: join(folder, 'debs') };
  await run('apt-get', [...options, 'update', '-q'], limits);
  await run('apt-get', [...options, 'download', wanted.package, ...(wanted.with ?? [])], limits);
  const debs = readdirSync(join(folder, 'debs')).filter((name) => name.endsWith('.deb'));
  if (debs.length === 0) throw new Error('apt-get downloaded nothing');
  for (const deb of debs) await run('dpkg', ['-x', join(folder, 'debs', deb), join(folder, 'root')], limits);
  const program = wanted.paths.map((path) => join(folder, 'root', path)).find((path) => existsSync(path));
  if (program === undefined) throw new Error(`the package holds no ${wanted.paths.join(' or ')}`);
  return program;
}

export async function fetchFromDebian(wanted: DebianProgram, note: (line: string) => void): Promise<Fetch> {
  const source = mirror();
  const keyring = keyrings.find((file) => existsSync(file));
  if (source === undefined || keyring === undefined) return { kind: 'failed', reason: 'this machine has no apt with a Debian mirror' };
  const failures: string[] = [];
  for (const suite of wanted.suites) {
    const folder = mkdtempSync(join(tmpdir(), 'steward-debian-'));
    const cleanUp = (): void => rmSync(folder, { recursive: true, force: true });
    try {
      note(`fetching ${wanted.package} from Debian (${suite})`);
      return { kind: 'fetched', path: await fromSuite(wanted, suite, source, keyring, folder), root: join(folder, 'root'), cleanUp };
    } catch (fault) {
      cleanUp();
      failures.push(`${suite}: ${(fault as Error).message.trim().split('\n').at(-1) ?? ''}`);
    }
  }
  return { kind: 'failed', reason: `Debian’s mirror gave no ${wanted.package} (${failures.join(', ')})` };
}
