/** A real Directus 12 on 127.0.0.1, with its database in a PostgreSQL of its own. Everything it writes lies in one folder. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, launch } from '@steward/servers';
import { onOwnPostgres } from '../own-postgres';
import { installDirectus } from './directus-install';
import { openSession, type DirectusSession } from './directus-session';

const database = 'directus';

export interface DirectusServer {
  readonly url: string;
  /** The administrator's, for seeding and for changing things as an editor would. */
  readonly session: DirectusSession;
  /** SQL in Directus's own database, for what happens behind its back (a restore that went wrong). */
  sql(text: string): Promise<void>;
  stop(): Promise<void>;
}

/** Installs where needed, creates the database, starts the server and waits until it answers. */
export async function startDirectus(directory: string, say: (line: string) => void): Promise<DirectusServer> {
  const script = installDirectus(say);
  const uploads = join(directory, 'uploads');
  const extensions = join(directory, 'extensions');
  for (const folder of [uploads, extensions]) mkdirSync(folder, { recursive: true });
  return onOwnPostgres(directory, async (postgres) => {
    await postgres.create(database);
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const token = randomBytes(18).toString('base64url');
    const env = {
      PATH: process.env['PATH'],
      HOST: '127.0.0.1',
      PORT: String(port),
      PUBLIC_URL: url,
      DB_CLIENT: 'pg',
      DB_CONNECTION_STRING: postgres.urlOf(database),
      SECRET: randomBytes(24).toString('hex'),
      ADMIN_EMAIL: 'admin@example.com',
      ADMIN_PASSWORD: randomBytes(18).toString('base64url'),
      ADMIN_TOKEN: token,
      STORAGE_LOCAL_ROOT: uploads,
      EXTENSIONS_PATH: extensions,
      TELEMETRY: 'false',
      IMPORT_IP_DENY_LIST: '', // by default a Flow may not call this very machine
      PRESSURE_LIMITER_ENABLED: 'false', // else it answers 503 to the proof's own reads on a machine that is busy
      CACHE_ENABLED: 'true', // what the connector reads must not come from there
      CACHE_TTL: '10m',
      CACHE_AUTO_PURGE: 'false',
    };
    say('directus: creating its database');
    const ran = spawnSync(process.execPath, [script, 'bootstrap'], { env, cwd: directory, encoding: 'utf8' });
    if (ran.status !== 0) throw new Error(`directus bootstrap failed: ${(ran.stderr || ran.stdout).slice(-800)}`);
    const running = await launch({
      name: 'directus',
      command: process.execPath,
      args: [script, 'start'],
      env,
      cwd: directory,
      logFile: join(directory, 'directus.log'),
      url,
      ready: () => fetch(`${url}/server/ping`).then(({ ok }) => ok, () => false),
      readyWithinMs: 60_000,
      stopSignal: 'SIGTERM',
    });
    say(`directus: answers at ${url}`);
    return {
      url,
      session: openSession(url, token),
      sql: async (text) => void (await postgres.rows(database, text)),
      stop: () => running.stop(),
    };
  });
}
