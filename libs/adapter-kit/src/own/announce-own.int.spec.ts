import { stockLevel, type StockLevel } from '@steward/contracts';
import { consumerMigrations, outboxMigrations, scrubDigest } from '@steward/event-bus';
import { createLogger, type Database, openDatabase } from '@steward/platform';
import { testDatabase, type TestDatabase } from '@steward/testing';
import { withdrawSuperseded } from '../announce/announced.store';
import { kitMigrations } from '../announce/kit.migration';
import { announceOwn, type OwnChange, type OwnRevision } from './announce-own';
import { renewAnnounced } from '../announce/renew';
import { rebuildOwn, settleFloors } from './own-states';

const migrations = [...outboxMigrations, ...consumerMigrations, ...kitMigrations];
const level = (sku: string, onHand: number): StockLevel => ({ sku, location: 'main', onHand });
const change = (sku: string, onHand: number | null, more: Partial<OwnChange<StockLevel>> = {}): OwnChange<StockLevel> => ({ key: `${sku}@main`, data: onHand === null ? null : level(sku, onHand), ...more });

describe('own states', () => {
  let test: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    test = await testDatabase({ migrations });
    database = await openDatabase({ url: test.url, name: 'own', migrations: [], logger: createLogger({ service: 'own', level: 'silent' }) });
    // The decision of which a state is told.
    await test.pool.query('create table decision (sku text primary key, on_hand int not null)');
  });
  beforeEach(() => test.pool.query('truncate announced, outbox, own_state, decision'));
  afterAll(async () => {
    await database.close();
    await test.drop();
  });

  const announce = (...changes: OwnChange<StockLevel>[]): Promise<OwnRevision[]> => database.transaction((tx) => announceOwn(tx, 'erp', stockLevel, changes));
  const outbox = async () => (await test.pool.query(`select key, revision::int, tombstone, body, lane, correlation_id, published_at is null as pending from outbox order by id`)).rows;

  it('O1: a state, its revision and its outbox row are one, and what did not change sends nothing', async () => {
    expect(await announce(change('b', 1), change('a', 5, { correlationId: 'order 1' }))).toEqual([{ key: 'a@main', revision: 1 }, { key: 'b@main', revision: 1 }]);
    expect(await announce(change('a', 5), change('b', 2))).toEqual([{ key: 'b@main', revision: 2 }]);
    expect(await announce(change('a', 5))).toEqual([]);
    const rows = await outbox();
    expect(rows.map(({ key, revision, body }) => [key, revision, JSON.parse(body).onHand])).toEqual([['a@main', 1, 5], ['b@main', 1, 1], ['b@main', 2, 2]]);
    expect(rows.map((row) => row.correlation_id)).toEqual(['order 1', null, null]);
    const failing = database.transaction(async (tx) => {
      await announceOwn(tx, 'erp', stockLevel, [change('c', 1)]);
      throw new Error('the decision fails');
    });
    await expect(failing).rejects.toThrow('the decision fails');
    expect(await outbox()).toHaveLength(3);
    expect((await test.pool.query('select 1 from announced')).rowCount).toBe(2);
  });

  it('of two changes of a key in one call the later one is announced', async () => {
    expect(await announce(change('a', 1), change('a', 2))).toEqual([{ key: 'a@main', revision: 1 }]);
    expect((await outbox()).map(({ body }) => JSON.parse(body).onHand)).toEqual([2]);
  });

  it('C12: the end of a state is a tombstone that keeps its revision, and what never was has no end', async () => {
    await announce(change('a', 1));
    expect(await announce(change('a', null), change('never', null))).toEqual([{ key: 'a@main', revision: 2 }]);
    expect(await announce(change('a', null))).toEqual([]);
    expect(await announce(change('a', 1))).toEqual([{ key: 'a@main', revision: 3 }]);
    expect((await outbox()).map(({ revision, tombstone, body }) => [revision, tombstone, body === ''])).toEqual([[1, false, false], [2, true, true], [3, false, false]]);
  });

  it('O5: what the contract or the broker would refuse is refused before commit', async () => {
    await expect(announce(change('good', 1), { key: 'bad@main', data: { sku: 'bad', location: 'main' } as StockLevel })).rejects.toMatchObject({ name: 'RejectedError', code: 'OUTBOX_INVALID' });
    await expect(announce({ key: 'k'.repeat(300), data: level('k', 1) })).rejects.toMatchObject({ name: 'RejectedError' });
    await expect(database.transaction((tx) => announceOwn(tx, 'pim', stockLevel, [change('a', 1)]))).rejects.toThrow(/pim/);
    expect(await outbox()).toEqual([]);
  });

  it('O1: revisions follow the order of decisions, with many writers over the same keys', async () => {
    const skus = ['a', 'b', 'c'];
    await test.pool.query(`insert into decision select unnest($1::text[]), 0`, [skus]);
    const decide = (round: number) => database.transaction(async (tx) => {
      const mine = skus.filter((_, index) => (round + index) % 3 !== 0);
      await tx.query('select 1 from decision where sku = any($1) order by sku for update', [mine]);
      const { rows } = await tx.query<{ sku: string; on_hand: number }>('update decision set on_hand = on_hand + 1 where sku = any($1) returning sku, on_hand', [mine]);
      // In any order: the statement sorts.
      await announceOwn(tx, 'erp', stockLevel, rows.reverse().map(({ sku, on_hand }) => change(sku, on_hand)));
    });
    await Promise.all(Array.from({ length: 60 }, (_, round) => decide(round)));
    const rows = await outbox();
    for (const sku of skus) {
      const said = rows.filter(({ key }) => key === `${sku}@main`).map(({ revision, body }) => [revision, JSON.parse(body).onHand]).sort(([a], [b]) => a - b);
      expect(said).toEqual(said.map((_, index) => [index + 1, index + 1]));
      expect(said.length).toBe(40);
    }
  });

  it('B12: what waits in the backfill lane for the same key is withdrawn', async () => {
    await announce(change('a', 1), change('b', 1));
    await test.pool.query('update outbox set lane = 1');
    await announce(change('a', 2), change('b', 1));
    expect((await outbox()).map(({ key, revision, pending }) => [key, revision, pending])).toEqual([['a@main', 1, false], ['b@main', 1, true], ['a@main', 2, true]]);
  });

  it('B10: a lost stream is written again, with the revisions it had', async () => {
    await announce(change('a', 1), change('b', 1));
    await announce(change('a', 2));
    await test.pool.query('delete from outbox');
    await database.transaction((tx) => rebuildOwn(tx, 'erp', [stockLevel], { stream: 'ERP_STATE', types: ['erp.stock-level.v1'], from: 'first', to: 'second' }));
    expect((await outbox()).map(({ key, revision, lane }) => [key, revision, lane]).sort()).toEqual([['a@main', 2, 1], ['b@main', 1, 1]]);
    await database.transaction((tx) => rebuildOwn(tx, 'erp', [stockLevel], { stream: 'PIM_STATE', types: ['pim.product.v1'], from: 'first', to: 'second' }));
    expect(await outbox()).toHaveLength(2);
  });

  it('what somebody asks for again is said again under a new revision', async () => {
    await announce(change('a', 1));
    expect(await database.transaction((tx) => announceOwn(tx, 'erp', stockLevel, [change('a', 1)], { again: true }))).toEqual([{ key: 'a@main', revision: 2 }]);
  });

  it('I3: a database from a backup says everything again above the floor, and nothing of before behind it', async () => {
    await settleFloors(database, 'erp', [stockLevel], async () => 0);
    await announce(change('a', 1), change('b', 1));
    await announce(change('b', null));
    await database.transaction((tx) => renewAnnounced(tx, 'erp', [stockLevel], 1_000_000));
    const pending = (await outbox()).filter(({ lane }) => lane === 1);
    expect(pending.map(({ key, revision, tombstone }) => [key, revision, tombstone]).sort()).toEqual([['a@main', 1_000_001, false], ['b@main', 1_000_001, true]]);
    await withdrawSuperseded(database);
    expect((await outbox()).flatMap(({ revision, pending: waits }) => (waits ? [revision] : []))).toEqual([1_000_001, 1_000_001]);
    expect(await announce(change('new', 1))).toEqual([{ key: 'new@main', revision: 1_000_001 }]);
    const kept = await database.transaction((tx) => scrubDigest(tx, 'announced', 'stock-level'));
    expect(kept).toMatchObject({ edited: 0, mended: 0 });
  });

  it('I3: a database that was lost begins above every revision that consumers have', async () => {
    const asked: string[] = [];
    const floorOf = async (stream: string): Promise<number> => (asked.push(stream), 41);
    await settleFloors(database, 'erp', [stockLevel], floorOf);
    await settleFloors(database, 'erp', [stockLevel], floorOf);
    expect(asked).toEqual(['ERP_STATE']);
    expect(await announce(change('a', 1))).toEqual([{ key: 'a@main', revision: 42 }]);
    expect(await announce(change('a', 2))).toEqual([{ key: 'a@main', revision: 43 }]);
  });
});
