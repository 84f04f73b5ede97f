import { eventually, failOnLeaks, ownPostgres, testDatabase, type TestDatabase } from '@steward/testing';
import { Client } from 'pg';
import { EntitySchema, type MigrationInterface, type QueryRunner } from 'typeorm';
import { createLogger } from '../log/logger';
import { scrape } from '../metrics/metrics';
import { armFaults } from '../seams/through';
import { openDatabase, type Database, type DatabaseOptions } from './open-database';
import { together } from './together';

const logger = createLogger({ service: 'test', level: 'silent' });

class Shelf1700000000001 implements MigrationInterface {
  readonly name = 'Shelf1700000000001';
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table shelf (id bigint primary key, note text)');
    await runner.query('create table migrated (at timestamptz default now())');
    await runner.query('insert into migrated default values');
  }
  async down(): Promise<void> {
    /* hand-written schemas go forward only */
  }
}
class Broken1700000000002 implements MigrationInterface {
  readonly name = 'Broken1700000000002';
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table half (id int)');
    await runner.query('create table shelf (id int)');
  }
  async down(): Promise<void> {
    /* never reached */
  }
}

const opened: Database[] = [];
const open = async (url: string, more: Partial<DatabaseOptions> = {}): Promise<Database> => {
  const database = await openDatabase({ url, name: 'test', migrations: [Shelf1700000000001], logger, startupWaitMs: 5_000, ...more });
  opened.push(database);
  return database;
};
const closeAll = async (): Promise<void> => {
  await Promise.all(opened.splice(0).map((database) => database.close()));
};
const backend = async (database: Database): Promise<number> => (await database.query<{ pid: number }>('select pg_backend_pid() as pid'))[0]?.pid ?? 0;

/** On a connection of its own: a pool would keep its idle timer beyond the test. */
async function aside(url: string, text: string, values: unknown[] = []): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text, values)).rows;
  } finally {
    await client.end();
  }
}

describe('openDatabase', () => {
  let home: TestDatabase;
  beforeAll(async () => {
    home = await testDatabase({ migrations: [] });
  });
  afterAll(() => home.drop());
  afterEach(closeAll);
  failOnLeaks();

  it('migrates once, however many processes start together', async () => {
    const databases = await Promise.all([open(home.url), open(home.url), open(home.url)]);
    expect(await databases[0]?.query('select count(*) as times from migrated')).toEqual([{ times: 1 }]);
  });

  it('rolls all pending migrations back when one fails, and says which and why', async () => {
    const fresh = await testDatabase({ migrations: [] });
    await expect(open(fresh.url, { migrations: [Shelf1700000000001, Broken1700000000002] })).rejects.toMatchObject({ code: 'DATABASE_MIGRATION_FAILED', message: expect.stringContaining('shelf') });
    expect(await aside(fresh.url, "select to_regclass('half') as half, to_regclass('shelf') as shelf")).toEqual([{ half: null, shelf: null }]);
    await fresh.drop();
  });

  it('reads int8 as a number without touching the parsers of the process, refuses what would be rounded, and leaves json text alone', async () => {
    const database = await open(home.url);
    const rows = await database.query(`select 9007199254740991::bigint as big, array[1, null]::bigint[] as many, '{"a": 1}'::jsonb::text as text, '{"a": 1}'::jsonb as json`);
    expect(rows).toEqual([{ big: 9_007_199_254_740_991, many: [1, null], text: '{"a": 1}', json: { a: 1 } }]);
    await expect(database.query('select 9007199254740993::bigint as big')).rejects.toThrow(/beyond 2\^53/);
    expect(await database.query('select 1 as still_works')).toEqual([{ still_works: 1 }]);
    expect(await aside(home.url, 'select 5::bigint as big')).toEqual([{ big: '5' }]);
  });

  it('takes prepared statements, and gives TypeORM the same pool', async () => {
    const shelf = new EntitySchema<{ id: number; note: string | null }>({ name: 'shelf', columns: { id: { type: 'bigint', primary: true }, note: { type: 'text', nullable: true } } });
    const database = await open(home.url, { entities: [shelf], poolSize: 1 });
    await database.query({ name: 'put', text: 'insert into shelf values ($1, $2)' }, [7, 'typeorm']);
    const pid = await backend(database);
    expect(await database.dataSource.getRepository(shelf).findOneByOrFail({ id: 7 })).toEqual({ id: 7, note: 'typeorm' });
    expect(await database.dataSource.query('select pg_backend_pid() as pid')).toEqual([{ pid }]);
  });

  it('commits what work did, and rolls it back when work throws, with the error of the work', async () => {
    const database = await open(home.url, { poolSize: 1 });
    await database.transaction((tx) => tx.query("insert into shelf values (100, 'kept')"));
    const failure = new Error('of the work');
    await expect(database.transaction(async (tx) => (await tx.query("insert into shelf values (101, 'lost')"), Promise.reject(failure)))).rejects.toBe(failure);
    expect(await database.query('select id from shelf where id >= 100')).toEqual([{ id: 100 }]);
  });

  it('never reports a commit that PostgreSQL turned into a rollback because an error was swallowed', async () => {
    const database = await open(home.url);
    const swallowing = database.transaction(async (tx) => {
      await tx.query("insert into shelf values (200, 'x')");
      await tx.query('select 1 / 0').catch(() => undefined);
    });
    await expect(swallowing).rejects.toMatchObject({ code: 'DATABASE_ROLLED_BACK' });
    expect(await database.query('select id from shelf where id = 200')).toEqual([]);
  });

  it('T1: passes the commit through its seam: thrown before it nothing is stored, after it everything', async () => {
    const database = await open(home.url, { poolSize: 1 });
    const put = (id: number): Promise<unknown> => database.transaction((tx) => tx.query('insert into shelf values ($1)', [id]));
    let disarm = armFaults('commit=throw-before');
    await expect(put(300)).rejects.toMatchObject({ code: 'FAULT_INJECTED' });
    disarm();
    disarm = armFaults('commit=throw-after');
    await expect(put(301)).rejects.toMatchObject({ code: 'FAULT_INJECTED' });
    disarm();
    expect(await database.query('select id from shelf where id between 300 and 301')).toEqual([{ id: 301 }]);
  });

  it('sends statements that don\'t need each other\'s answers in one go, runs them in order, and takes all back when one fails', async () => {
    const database = await open(home.url);
    const holder = new Client({ connectionString: home.url });
    await holder.connect();
    await holder.query('select pg_advisory_lock(1)');
    const stored = await database.transaction(async (tx) => {
      const { stream } = (tx as unknown as { connection: { stream: { bytesWritten: number } } }).connection;
      const waits = tx.query('select pg_advisory_xact_lock(1)');
      const before = stream.bytesWritten;
      const put = tx.query(`insert into shelf values (400, '${'x'.repeat(1_000)}') returning id`);
      await eventually(() => stream.bytesWritten > before + 1_000);
      await holder.end();
      return (await together([waits, put]))[1].rows;
    });
    expect(stored).toEqual([{ id: 400 }]);
    const late: string[] = [];
    const failing = database.transaction((tx) =>
      together([tx.query('insert into shelf values (401)'), tx.query('select 1 / 0'), tx.query('insert into shelf values (402)').finally(() => late.push('answered'))]),
    );
    await expect(failing).rejects.toMatchObject({ code: '22012' });
    expect(late).toEqual(['answered']);
    expect(await database.query('select id from shelf where id between 400 and 402')).toEqual([{ id: 400 }]);
  });

  it('looks a key up by its index, though the statement was planned when there was nearly nothing to read', async () => {
    const database = await open(home.url, { poolSize: 1 });
    await database.query('delete from shelf');
    await database.query('insert into shelf select n from generate_series(1, 5) n');
    await database.query('vacuum analyze shelf');
    await database.query('set plan_cache_mode = force_generic_plan');
    const lookUp = () => database.query({ name: 'look-up', text: 'select w.id from unnest($1::bigint[]) as w(id) cross join lateral (select from shelf s where s.id = w.id offset 0) found' }, [[1, 2, 3]]);
    const wholeReads = async () => {
      await database.query('select pg_stat_force_next_flush()');
      return (await database.query<{ reads: number }>(`select seq_scan::int as reads from pg_stat_user_tables where relname = 'shelf'`))[0]?.reads;
    };
    await lookUp();
    await database.query('insert into shelf select n from generate_series(6, 2000) n');
    const before = await wholeReads();
    expect(await lookUp()).toHaveLength(3);
    expect(await wholeReads()).toBe(before);
    await database.query('delete from shelf');
  });

  it('ends a statement that runs too long and a transaction that idles, and goes on', async () => {
    const database = await open(home.url, { statementTimeoutMs: 100 });
    await expect(database.query('select pg_sleep(5)')).rejects.toMatchObject({ code: '57014' });
    const idling = database.transaction(async (tx) => {
      const { rows } = await tx.query<{ pid: number }>('select pg_backend_pid() as pid');
      await eventually(async () => (await aside(home.url, 'select from pg_stat_activity where pid = $1', [rows[0]?.pid])).length === 0);
      await tx.query('select 1');
    });
    await expect(idling).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('ends a wait for a lock before the time of a statement is over, as what it is', async () => {
    const database = await open(home.url, { statementTimeoutMs: 600 });
    await database.transaction(async (tx) => {
      await tx.query('lock table shelf in share mode');
      await expect(database.transaction((other) => other.query('lock table shelf in row exclusive mode'))).rejects.toMatchObject({ code: '55P03' });
    });
  });

  it('survives the loss of an idle and of a busy connection; the busy one fails with DATABASE_UNAVAILABLE', async () => {
    const database = await open(home.url, { poolSize: 2 });
    const kill = (pid: number | undefined): Promise<unknown> => aside(home.url, 'select pg_terminate_backend($1, 5000)', [pid]);
    await kill(await backend(database));
    expect(await database.query('select 1 as one').catch(() => database.query('select 1 as one'))).toEqual([{ one: 1 }]);

    const borrowed = await database.pool.connect();
    const { rows: own } = await borrowed.query<{ pid: number }>('select pg_backend_pid() as pid');
    await kill(own[0]?.pid);
    await expect(borrowed.query('select 1')).rejects.toThrow();
    borrowed.release(true);

    const between = database.transaction(async (tx) => {
      await kill((await tx.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid);
      await tx.query('select 1');
    });
    await expect(between).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE', name: 'StewardError' });

    const during = database.transaction(async (tx) => {
      const { rows } = await tx.query<{ pid: number }>('select pg_backend_pid() as pid');
      const sleeping = tx.query('select pg_sleep(10)');
      await Promise.all([sleeping, kill(rows[0]?.pid)]);
    });
    await expect(during).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('counts its connections for /metrics by state', async () => {
    const database = await open(home.url, { name: 'counted' });
    await database.transaction(async () => {
      expect((await scrape()).text).toContain('steward_database_connections{database="counted",state="used"} 1');
    });
  });

  it('says at once when the server refuses database or role, and without the password', async () => {
    const wrong = new URL(home.url);
    wrong.pathname = '/nowhere';
    wrong.password = 'hunter2';
    const failure = await open(wrong.href).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'DATABASE_REFUSED' });
    expect(String(failure)).not.toContain('hunter2');
  });

  it('waits for the database no longer than it was told', async () => {
    const began = performance.now();
    await expect(open('postgres://me:hunter2@127.0.0.1:1/x', { startupWaitMs: 300 })).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE', message: expect.stringContaining('127.0.0.1:1/x') });
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it('leaves no connection behind when it is closed, twice too', async () => {
    const database = await open(home.url);
    await Promise.all([database.query('select 1'), database.query('select 1')]);
    await Promise.all([database.close(), database.close()]);
    await eventually(async () => (await home.connections()) === 0);
  });
});

describe('a killed PostgreSQL', () => {
  afterEach(closeAll);
  failOnLeaks();

  it('is waited for at the start, is told by problem(), and after its restart everything goes on by itself', async () => {
    const server = await ownPostgres();
    try {
      const database = await open(server.adminUrl);
      await database.transaction((tx) => tx.query("insert into shelf values (1, 'before')"));
      expect(database.problem()).toBeUndefined();

      await server.kill();
      await expect(database.transaction((tx) => tx.query('select 1'))).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
      await expect(database.query('select 1')).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
      expect(await eventually(() => database.problem())).toEqual(expect.any(String));

      const late = open(server.adminUrl, { startupWaitMs: 30_000 });
      await server.restart();
      expect(await (await late).query('select note from shelf')).toEqual([{ note: 'before' }]);
      await eventually(() => database.problem() === undefined);
      await database.transaction((tx) => tx.query("insert into shelf values (2, 'after')"));
    } finally {
      await closeAll();
      await server.stop();
    }
  });
});
