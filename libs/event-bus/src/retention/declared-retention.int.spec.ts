import { createLogger, type Database, manualClock, openDatabase } from '@steward/platform';
import { testDatabase, type TestDatabase } from '@steward/testing';
import { type DeclaredRetention, defineRetention, retire, retireAll } from './declared-retention';

const dayMs = 86_400_000;
const logger = createLogger({ service: 'retention', level: 'silent' });
const now = Date.UTC(2026, 10, 1);
const said: DeclaredRetention = {
  table: 'said',
  keepMs: 30 * dayMs,
  because: 'nobody asks after a month',
  statement: 'delete from said where id in (select id from said where at < $1 order by id limit $2 for update skip locked)',
};

describe('a declared retention', () => {
  let test: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    test = await testDatabase({ migrations: [] });
    database = await openDatabase({ url: test.url, name: 'retention', migrations: [], logger });
    await test.pool.query('create table said (id int primary key, at timestamptz not null)');
  });
  afterAll(async () => {
    await database.close();
    await test.drop();
  });
  beforeEach(async () => {
    await test.pool.query('truncate said');
    // One a day, the newest now.
    await test.pool.query(`insert into said select i, $1::timestamptz - make_interval(days => i) from generate_series(0, 99) i`, [new Date(now)]);
  });
  const left = async () => (await test.pool.query<{ count: number }>('select count(*)::int as count from said')).rows[0]?.count;

  it('O6: takes what is older, a bounded batch at a time, until nothing is left', async () => {
    expect([await retire(database, said, now, 25), await left()]).toEqual([25, 75]);
    await retireAll({ database, clock: manualClock(now), logger }, [said], new AbortController().signal);
    expect(await left()).toBe(31);
  });

  it('leaves what somebody has in hand, and stops when it is told to', async () => {
    await database.transaction(async (tx) => {
      await tx.query('select from said where id = 99 for update');
      await retireAll({ database, clock: manualClock(now), logger }, [said], new AbortController().signal);
    });
    expect(await left()).toBe(32);
    await retireAll({ database, clock: manualClock(now), logger }, [said], AbortSignal.abort());
    expect(await left()).toBe(32);
  });

  it('is refused where it has no bound or no end', () => {
    expect(() => defineRetention({ ...said, statement: 'delete from said where at < $1' })).toThrow('no bounded batch');
    expect(() => defineRetention({ ...said, keepMs: 0 })).toThrow('kept for 0 ms');
    expect(() => defineRetention({ ...said, keepMs: Infinity })).toThrow('kept for Infinity ms');
  });
});
