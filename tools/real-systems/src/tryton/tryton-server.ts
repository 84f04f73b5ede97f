/**
 * A real Tryton 6.0 from Debian's packages on 127.0.0.1, with its database in a PostgreSQL of its own.
 *
 * - It is installed by apt only where that is possible without asking (root, or sudo without a password); otherwise `whyNot`
 *   says what is missing, so that a run that proves nothing never looks like a run that passed.
 * - Everything it writes lies in one folder; `stop` ends the processes started here and no other.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '@steward/servers';
import { onOwnPostgres, type OwnPostgres } from '../own-postgres';
import { openSession, type TrytonSession } from './tryton-session';

const packages = [
  'tryton-server',
  'python3-psycopg2',
  'python3-tz',
  ...['company', 'country', 'currency', 'party', 'product', 'stock', 'sale'].map((name) => `tryton-modules-${name}`),
];
const modules = ['ir', 'res', 'company', 'country', 'currency', 'party', 'product', 'stock', 'sale'];
const credentials = { user: 'admin', password: 'integration-only' };
const database = 'tryton';

export interface TrytonServer {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** A logged-in session for seeding and for changing things as a clerk would. */
  readonly session: TrytonSession;
  /** SQL in Tryton's own database, for what its interface forbids (a clerk's hard delete by script). */
  sql(text: string, values?: readonly unknown[]): Promise<void>;
  stop(): Promise<void>;
}

/** Undefined when Tryton is, or can be, installed; otherwise the reason in one sentence. */
export function whyNot(): string | undefined {
  if (installed()) return undefined;
  if (spawnSync('apt-get', ['--version']).error) return 'Tryton is not installed and this machine has no apt-get to install it';
  if (!asRoot()) return 'Tryton is not installed and apt-get needs root (or sudo without a password)';
  return undefined;
}

/** Installs where needed (about 15 s), creates the database (about 20 s), starts the server and waits until it answers. */
export async function startTryton(directory: string, say: (line: string) => void): Promise<TrytonServer> {
  if (!installed()) install(say);
  mkdirSync(join(directory, 'files'), { recursive: true });
  return onOwnPostgres(directory, async (postgres) => {
    const port = await freePort();
    const config = writeConfig(directory, databasesOf(postgres), port);
    await postgres.create(database);
    say('tryton: creating its database');
    initialise(directory, config);
    const log = openSync(join(directory, 'trytond.log'), 'a');
    const child = spawn('trytond', ['-c', config, '-d', database], { stdio: ['ignore', log, log] });
    const stop = (): Promise<void> => ended(child);
    const url = `http://127.0.0.1:${port}/${database}/`;
    try {
      const session = await openSession(url, credentials);
      say(`tryton: answers at ${url}`);
      return { url, ...credentials, session, sql: async (text, values) => void (await postgres.rows(database, text, values)), stop };
    } catch (fault) {
      await stop();
      throw fault;
    }
  });
}

function installed(): boolean {
  return !spawnSync('trytond', ['--version']).error && spawnSync('dpkg', ['-s', ...packages]).status === 0;
}

function asRoot(): string[] | undefined {
  if (process.getuid?.() === 0) return [];
  return spawnSync('sudo', ['-n', 'true']).status === 0 ? ['sudo', '-n'] : undefined;
}

function install(say: (line: string) => void): void {
  const prefix = asRoot();
  if (!prefix) throw new Error(whyNot());
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const step of [['update', '-q'], ['install', '-q', '-y', '--no-install-recommends', ...packages]]) {
    say(`tryton: apt-get ${step[0]}`);
    const [command, ...args] = [...prefix, 'apt-get', ...step];
    const ran = spawnSync(command as string, args, { env, encoding: 'utf8' });
    if (ran.status !== 0) throw new Error(`apt-get ${step[0]} failed: ${ran.stderr.slice(-500)}`);
  }
}

/** Without a database's name; Tryton knows the scheme only by its long name. */
const databasesOf = (postgres: OwnPostgres): string => postgres.urlOf('').replace(/^postgres:/, 'postgresql:');

function writeConfig(directory: string, databases: string, port: number): string {
  const file = join(directory, 'trytond.conf');
  const lines = [
    '[web]',
    `listen = 127.0.0.1:${port}`,
    '[database]',
    `uri = ${databases}`,
    `path = ${join(directory, 'files')}`,
    '[session]',
    'authentications = password',
    '[email]',
    'uri = smtp://127.0.0.1:1', // nothing listens there: a test system never sends mail
    '[queue]',
    'worker = False',
  ];
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  return file;
}

function initialise(directory: string, config: string): void {
  const passwordFile = join(directory, 'password');
  writeFileSync(passwordFile, credentials.password, { mode: 0o600 });
  const args = ['-c', config, '-d', database, '--email', 'admin@example.com', '-u', ...modules, '--activate-dependencies'];
  const ran = spawnSync('trytond-admin', args, { env: { ...process.env, TRYTONPASSFILE: passwordFile }, encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(`trytond-admin failed: ${ran.stderr.slice(-800)}`);
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}
