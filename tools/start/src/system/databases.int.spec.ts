import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { freePort, startPostgres, type RunningPostgres } from '@steward/servers';
import { createDatabases, databaseOf, databaseOwners } from './databases';

const passwordOf = (owner: string): string => `secret of ${owner}`;

describe('databases and roles', () => {
  let postgres: RunningPostgres;

  beforeAll(async () => {
    postgres = await startPostgres({ dir: mkdtempSync(join(tmpdir(), 'steward-roles-')), port: await freePort(), durable: false, password: 'admin' });
    await createDatabases(postgres.adminUrl, passwordOf);
    await createDatabases(postgres.adminUrl, passwordOf); // as a second start does
  });
  afterAll(async () => {
    await postgres.stop();
    rmSync(postgres.folder, { recursive: true, force: true });
  });

  const attempt = async (user: string, password: string, database: string, text: string): Promise<string> => {
    const client = new Client({ host: '127.0.0.1', port: Number(new URL(postgres.url).port), user, password, database });
    try {
      await client.connect();
      await client.query(text);
      return 'done';
    } catch (fault) {
      return (fault as { code?: string }).code ?? String(fault);
    } finally {
      await client.end().catch(() => undefined);
    }
  };

  const everywhere = [...databaseOwners.map(databaseOf), 'postgres', 'template1'];
  const matrix = databaseOwners.flatMap((role) => everywhere.map((database) => ({ role, database, own: database === databaseOf(role) })));

  it.each(matrix)('$role in $database: own = $own', async ({ role, database, own }) => {
    // Elsewhere not even a connection is allowed: a statement that anybody may run would succeed in one.
    const answer = await attempt(role, passwordOf(role), database, own ? 'create table mine (id int); drop table mine' : 'select 1');
    expect(answer).toBe(own ? 'done' : '42501');
  });

  it.each(databaseOwners)('%s is no administrator', async (role) => {
    for (const text of ['create role more', 'create database more', "copy (select 1) to program 'true'", `set role postgres`]) {
      expect(await attempt(role, passwordOf(role), databaseOf(role), text)).toBe('42501');
    }
  });

  it('asks for the password', async () => {
    expect(await attempt('pim', 'guessed', databaseOf('pim'), 'select 1')).toBe('28P01');
  });
});
