import { cancelOrder } from '@steward/contracts';
import { createLogger, type Database, openDatabase } from '@steward/platform';
import { eventually, testDatabase, type TestDatabase } from '@steward/testing';
import { consumerMigrations } from '../consumer';
import { toldLetters } from '../dead-letter';
import { appendEvents } from './append-events';
import { beginLife, beginsLife, isProven, lifeFloor, proveLife, sayAgain } from './life';
import { outboxMigrations } from './outbox.migration';

const logger = createLogger({ service: 'test', level: 'silent' });

describe('the life of a database', () => {
  let test: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    test = await testDatabase({ migrations: [...outboxMigrations, ...consumerMigrations] });
    database = await openDatabase({ url: test.url, name: 'life', migrations: [], logger });
  });
  beforeEach(() => test.pool.query('truncate database_life, outbox, event_sequence, dead_letter, dead_letter_act'));
  afterAll(async () => {
    await database.close();
    await test.drop();
  });

  const begin = () => beginLife(database, logger);
  /** As a backup is in another cluster: what it says of its place is not true there. */
  const restore = () => test.pool.query(`update database_life set place = 'elsewhere ' || id`);
  const floors = async () => (await test.pool.query<{ floor: number }>('select number_floor::float8 as floor from database_life order by id')).rows.map(({ floor }) => floor);
  const send = async (key: string) => {
    const [appended] = await database.transaction((tx) => appendEvents(tx, [{ contract: cancelOrder, system: 'gateway', key, data: { orderId: key, requestedAt: '2026-11-24T10:00:00Z', requestedBy: 'customer', reason: null } }]));
    return appended?.sequence ?? 0;
  };

  it('I3: a new place begins a life above all that can have been numbered, whoever starts first; the same place begins none', async () => {
    await Promise.all([begin(), begin()]);
    await begin();
    expect(await floors()).toHaveLength(1);
    await restore();
    await Promise.all([begin(), begin()]);
    expect(await floors()).toHaveLength(2);
    // The same backup once more, before the clock has moved: the life in between may have given the next million.
    await restore();
    await begin();
    const [first = 0, second = 0, third = 0] = await floors();
    expect([first > 1e15, second > first, third > second, Number.isSafeInteger(third + 2 ** 40)]).toEqual([true, true, true, true]);
  });

  it('I3: a new database begins above what a lost one can have given, one that has numbered before lives were noted goes on as it did', async () => {
    await begin();
    await restore();
    await begin();
    const last = await lifeFloor(database);
    const given = await send('a');
    // Lost, without a backup: nothing here knows of any life.
    await test.pool.query('truncate database_life, outbox, event_sequence');
    // No two lives of tests begin in one second, as those of operators don't.
    await eventually(async () => (await test.pool.query<{ later: boolean }>('select extract(epoch from clock_timestamp()) * 1048576 > $1 as later', [last + 2 ** 20])).rows[0]?.later);
    await begin();
    expect(await send('a')).toBeGreaterThan(given);
    await test.pool.query('truncate database_life');
    await begin();
    expect(await floors()).toEqual([0]);
  });

  it('I3: a life is held once against what the streams have held; a clock that is behind them is overruled', async () => {
    await begin();
    const [clock = 0] = await floors();
    const prove = (given: number) => proveLife(database, given, logger);
    expect(await isProven(database)).toBe(false);
    await prove(clock + 5);
    await prove(clock * 3);
    expect(await isProven(database)).toBe(true);
    expect(await floors()).toEqual([clock + 2 ** 20]);
    expect(await send('a')).toBe(clock + 2 ** 20 + 1);
    const said: number[] = [];
    expect(await sayAgain(database, [], async (_tx, floor) => void said.push(floor))).toBe(true);
    expect(said).toEqual([clock + 2 ** 20]);
    // Nothing was ever heard of a service that is installed: there is nothing to stand in for.
    await test.pool.query('truncate database_life, outbox, event_sequence');
    await begin();
    await prove(0);
    expect([await sayAgain(database, []), await isProven(database)]).toEqual([false, true]);
    await test.pool.query('truncate database_life');
    await begin();
    await prove(1);
    expect([await sayAgain(database, []), (await floors())[0]]).toEqual([true, expect.any(Number)]);
  });

  it('C5b: sequences go on without a gap, and jump where a life begins, to a number that says so', async () => {
    await begin();
    const [first = 0] = await floors();
    expect([await send('a'), await send('a')]).toEqual([first + 1, first + 2]);
    await restore();
    await begin();
    const [, floor = 0] = await floors();
    expect([await send('a'), await send('b'), await send('a')]).toEqual([floor + 1, floor + 1, floor + 2]);
    expect([2, 2 ** 20 + 2, floor, floor + 2, 1].filter(beginsLife)).toEqual([]);
    expect([floor + 1].filter(beginsLife)).toEqual([floor + 1]);
  });

  it('what was said is said again above the floor, once', async () => {
    await begin();
    await test.pool.query(`insert into dead_letter (consumer, identity, subject, headers, body, class, error, fingerprint, attempts, versions, owner, opened_at, last_seen_at, told_version)
      values ('c', 'i', 's', '{}', '', 'transient', 'e', 'f', 1, '{}', '{}', now(), now(), 1)`);
    const renewed: number[] = [];
    const again = () => sayAgain(database, [toldLetters], async (_tx, floor) => void renewed.push(floor));
    expect(await again()).toBe(false);
    await restore();
    await begin();
    expect([await again(), await again()]).toEqual([true, false]);
    const [, floor = 0] = await floors();
    expect(renewed).toEqual([floor]);
    expect((await test.pool.query('select version::float8 as version, told_version < version as untold from dead_letter')).rows).toEqual([{ version: floor + 1, untold: true }]);
  });
});
