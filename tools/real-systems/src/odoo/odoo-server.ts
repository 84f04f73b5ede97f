/** A real Odoo 14 on 127.0.0.1, with its database in a PostgreSQL of its own. Everything it writes lies in one folder. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, launch } from '@steward/servers';
import { onOwnPostgres } from '../own-postgres';
import { inside, installOdoo } from './odoo-install';
import { openSession, type OdooSession } from './odoo-session';

const database = 'odoo';
const modules = ['contacts', 'crm', 'sale_management', 'product'];

export interface OdooServer {
  readonly url: string;
  readonly database: string;
  /** The administrator's, for seeding and for changing things as a clerk would. */
  readonly session: OdooSession;
  /** Of Odoo's own database, for what happens behind its back: scripts, imports. */
  readonly databaseUrl: string;
  sql<T = unknown>(text: string, values?: readonly unknown[]): Promise<T[]>;
  stop(): Promise<void>;
}

/** Installs where needed, creates the database (about a minute), starts the server and waits until it answers. */
export async function startOdoo(directory: string, say: (line: string) => void): Promise<OdooServer> {
  const root = installOdoo(say);
  const home = join(directory, 'home');
  mkdirSync(home, { recursive: true });
  return onOwnPostgres(directory, async (postgres) => {
    const password = randomBytes(18).toString('base64url');
    await postgres.rows('postgres', `create role odoo login createdb password '${password}'`);
    await postgres.create(database, `owner odoo template template0 encoding 'utf8'`);
    const port = await freePort();
    const { hostname, port: databasePort } = new URL(postgres.urlOf(database));
    const config = join(home, 'odoo.conf');
    writeFileSync(config, configOf({ hostname, databasePort, password, port, home }));
    // The user that Odoo runs as exists in its own system only.
    spawnSync('chmod', ['-R', 'a+rwX', home]);
    chmodSync(directory, 0o755);
    const odoo = (...args: string[]): [string, string[]] => inside(root, ['/usr/bin/odoo', '-c', config, '-d', database, ...args], { user: 'odoo', shared: home });
    say(`odoo: creating its database with ${modules.join(', ')}`);
    const [command, args] = odoo('-i', modules.join(','), '--without-demo=all', '--stop-after-init');
    const ran = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 64 * 1_024 * 1_024 });
    if (ran.status !== 0) throw new Error(`odoo -i failed: ${(ran.stderr || ran.stdout).slice(-1_500)}`);
    const url = `http://127.0.0.1:${port}`;
    const [server, serverArgs] = odoo();
    const running = await launch({
      name: 'odoo', command: server, args: serverArgs, env: { PATH: process.env['PATH'] }, logFile: join(directory, 'odoo.log'), url,
      ready: () => fetch(`${url}/web/webclient/version_info`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }).then(({ ok }) => ok, () => false),
      readyWithinMs: 120_000,
      stopSignal: 'SIGTERM',
    });
    say(`odoo: answers at ${url}`);
    return {
      url,
      database,
      session: await openSession(url, database, { user: 'admin', password: 'admin' }),
      databaseUrl: postgres.urlOf(database),
      sql: (text, values) => postgres.rows(database, text, values),
      stop: () => running.stop(),
    };
  });
}

function configOf({ hostname, databasePort, password, port, home }: { readonly hostname: string; readonly databasePort: string; readonly password: string; readonly port: number; readonly home: string }): string {
  const lines = [
    '[options]', `db_host = ${hostname}`, `db_port = ${databasePort}`, 'db_user = odoo', `db_password = ${password}`, 'http_interface = 127.0.0.1', `http_port = ${port}`,
    `data_dir = ${join(home, 'data')}`, 'workers = 0', 'max_cron_threads = 0', 'list_db = False',
    'smtp_server = 127.0.0.1', 'smtp_port = 1', // nothing listens there: a test system never sends mail
  ];
  return `${lines.join('\n')}\n`;
}
