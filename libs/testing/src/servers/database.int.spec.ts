import type { MigrationInterface, QueryRunner } from 'typeorm';
import { eventually } from '../eventually';
import { testDatabase, type TestDatabase } from './database';
import { ownPostgres } from './own-postgres';
import { Client } from 'pg';

class Shelf1700000000000 implements MigrationInterface {
  static runs = 0;
  readonly name = 'Shelf1700000000000';
  async up(runner: QueryRunner): Promise<void> {
    Shelf1700000000000.runs += 1;
    await runner.query('create table shelf (id int primary key)');
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table shelf');
  }
}

describe('testDatabase', () => {
  const opened: TestDatabase[] = [];
  const open = async (): Promise<TestDatabase> => {
    const database = await testDatabase({ migrations: [Shelf1700000000000] });
    opened.push(database);
    return database;
  };

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((database) => database.drop()));
  });

  it('gives databases that have the migrations and share nothing', async () => {
    const [one, other] = await Promise.all([open(), open()]);
    await one.pool.query('insert into shelf values (1)');
    expect((await one.pool.query('select * from shelf')).rowCount).toBe(1);
    expect((await other.pool.query('select * from shelf')).rowCount).toBe(0);
  });

  it('migrates once and clones after that', async () => {
    await Promise.all([open(), open(), open()]);
    expect(Shelf1700000000000.runs).toBe(1);
  });

  it('counts the connections that a test left open, and drops the database all the same', async () => {
    const database = await open();
    const left = new Client({ connectionString: database.url });
    left.on('error', () => undefined);
    await left.connect();
    expect(await database.connections()).toBe(1);
    await database.drop();
    opened.splice(0);
    await expect(left.query('select 1')).rejects.toThrow();
  });
});

describe('ownPostgres', () => {
  it('comes back with its data after kill -9', async () => {
    const server = await ownPostgres();
    const ask = async (text: string): Promise<number | null> => {
      const client = new Client({ connectionString: server.adminUrl });
      await client.connect();
      const { rowCount } = await client.query(text);
      await client.end();
      return rowCount;
    };
    await ask('create table kept as select 1 as id');
    await server.kill();
    await server.restart();
    expect(await eventually(() => ask('select * from kept'))).toBe(1);
    await server.stop();
  });
});
