/** A real Medusa 2 on 127.0.0.1, with its database in a PostgreSQL of its own. Everything it writes lies in one folder. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { freePort, launch } from '@steward/servers';
import { optionsOf } from '../command-line';
import { onOwnPostgres } from '../own-postgres';
import { makeProject } from './medusa-install';
import { openSession, type MedusaSession } from './medusa-session';

const database = 'medusa';

export interface MedusaServer {
  readonly url: string;
  readonly port: number;
  /** The administrator's. */
  readonly session: MedusaSession;
  /** Medusa's own database: what its interface does not show is there or isn't. */
  rows<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  kill(): Promise<void>;
  /** After a kill. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Installs where needed, creates the database (about half a minute), starts the server and waits until it answers. */
export async function startMedusa(directory: string, say: (line: string) => void): Promise<MedusaServer> {
  const project = join(directory, 'project');
  const script = makeProject(project, say);
  return onOwnPostgres(directory, async (postgres) => {
    await postgres.create(database);
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const env = {
      PATH: process.env['PATH'],
      HOME: directory, // its command line keeps notes there
      NODE_ENV: 'production',
      DATABASE_URL: postgres.urlOf(database),
      MEDUSA_URL: url,
      JWT_SECRET: randomBytes(24).toString('hex'),
      COOKIE_SECRET: randomBytes(24).toString('hex'),
      MEDUSA_DISABLE_TELEMETRY: 'true',
    };
    const run = (...args: string[]): void => {
      const ran = spawnSync(process.execPath, [script, ...args], { env, cwd: project, encoding: 'utf8' });
      if (ran.status !== 0) throw new Error(`medusa ${args[0]} failed: ${(ran.stderr || ran.stdout).slice(-800)}`);
    };
    say('medusa: creating its database');
    run('db:migrate');
    const administrator = { email: 'admin@example.com', password: randomBytes(18).toString('base64url') };
    run('user', ...optionsOf(administrator));
    const running = await launch({
      name: 'medusa',
      command: process.execPath,
      args: [script, 'start', '-H', '127.0.0.1', '-p', String(port)], // what the configuration says of host and port is not heeded
      env,
      cwd: project,
      logFile: join(directory, 'medusa.log'),
      url,
      ready: () => fetch(`${url}/health`).then(({ ok }) => ok, () => false),
      readyWithinMs: 120_000,
      stopSignal: 'SIGTERM',
    });
    say(`medusa: answers at ${url}`);
    return {
      url,
      port,
      session: await openSession(url, administrator),
      rows: (text, values) => postgres.rows(database, text, values),
      kill: () => running.kill(),
      start: () => running.restart(),
      stop: () => running.stop(),
    };
  });
}
