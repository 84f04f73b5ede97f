// A database per test file, cloned from a template that is keyed by its migrations: cloning takes 30 ms, migrating 300.
import { createHash, randomBytes } from 'node:crypto';
import { Client, Pool } from 'pg';
import { DataSource, type MigrationInterface } from 'typeorm';
import { eventually } from '../eventually';
import { sharedServer } from './host';

const PARTING_MS = 1_000;

export type MigrationClass = new () => MigrationInterface;

export interface TestDatabase {
  readonly name: string;
  readonly url: string;
  /** For the test's own look at the tables. */
  readonly pool: Pool;
  /** Connections to this database besides those of `pool`. */
  connections(): Promise<number>;
  /** Closes the pool and drops the database, cutting whoever is still connected. */
  drop(): Promise<void>;
}

const withDatabase = (url: string, name: string): string => {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
};

async function asAdmin<T>(adminUrl: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function migrate(url: string, migrations: MigrationClass[]): Promise<void> {
  const source = new DataSource({ type: 'postgres', url, migrations, migrationsTransactionMode: 'each', extra: { max: 1 } });
  await source.initialize();
  try {
    await source.runMigrations();
  } finally {
    await source.destroy();
  }
}

async function makeTemplate(admin: Client, adminUrl: string, migrations: MigrationClass[]): Promise<string> {
  const code = migrations.map((migration) => migration.toString()).join('\n');
  const template = `template_${createHash('sha256').update(code).digest('hex').slice(0, 16)}`;
  // Test files of several workers ask at once; one migrates, the others wait for it.
  await admin.query('select pg_advisory_lock(hashtext($1))', [template]);
  const known = await admin.query('select from pg_database where datname = $1', [template]);
  if (known.rowCount === 0) {
    const draft = `draft_${randomBytes(6).toString('hex')}`;
    await admin.query(`create database ${draft}`);
    await migrate(withDatabase(adminUrl, draft), migrations);
    // A closed connection stays in the catalogue for a moment and would refuse the renaming.
    await admin.query('select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1', [draft]);
    await admin.query(`alter database ${draft} rename to ${template}`);
  }
  await admin.query('select pg_advisory_unlock(hashtext($1))', [template]);
  return template;
}

/** A fresh database with these migrations applied, on the PostgreSQL that all files of this run share. */
export async function testDatabase({ migrations }: { migrations: MigrationClass[] }): Promise<TestDatabase> {
  const { adminUrl } = await sharedServer('postgres');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asAdmin(adminUrl, async (admin) => {
    const template = await makeTemplate(admin, adminUrl, migrations);
    await admin.query(`create database ${name} template ${template}`);
  });
  const url = withDatabase(adminUrl, name);
  const ownName = `test-pool-${name}`;
  const pool = new Pool({ connectionString: url, max: 5, application_name: ownName });
  pool.on('error', () => undefined); // cut by drop() of somebody else or by a killed server: the test's next query tells
  return {
    name,
    url,
    pool,
    connections: () =>
      asAdmin(adminUrl, async (admin) => {
        const found = await admin.query<{ count: number }>(
          'select count(*)::int as count from pg_stat_activity where datname = $1 and application_name <> $2',
          [name, ownName],
        );
        return found.rows[0]?.count ?? 0;
      }),
    drop: async () => {
      await pool.end();
      await asAdmin(adminUrl, async (admin) => {
        // A pool that has ended has said goodbye, but the server may not have read it: cut then, the closed connection reports an error that
        // nobody listens for any more, and the test fails. Who stays longer is cut.
        await eventually(async () => (await admin.query('select from pg_stat_activity where datname = $1 limit 1', [name])).rowCount === 0, { withinMs: PARTING_MS }).catch(() => undefined);
        await admin.query(`drop database if exists ${name} with (force)`);
      });
    },
  };
}
