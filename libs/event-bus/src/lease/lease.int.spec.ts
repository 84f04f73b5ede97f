import { createLogger, type Database, openDatabase, systemClock } from '@steward/platform';
import { eventually, testDatabase, type TestDatabase } from '@steward/testing';
import { outboxMigrations } from '../outbox/outbox.migration';
import { Lease } from './lease';

const logger = createLogger({ service: 'test', level: 'silent' });

describe('Lease', () => {
  let test: TestDatabase;
  let database: Database;
  const leases: Lease[] = [];

  beforeAll(async () => {
    test = await testDatabase({ migrations: outboxMigrations });
    database = await openDatabase({ url: test.url, name: 'test', migrations: outboxMigrations, logger });
  });
  afterAll(async () => {
    await database.close();
    await test.drop();
  });
  afterEach(async () => {
    for (const lease of leases.splice(0)) await lease.stop();
    await test.pool.query('truncate lease');
  });

  const open = (holder: string, ttlMs = 600): Lease => {
    const lease = new Lease({ database, name: 'work', clock: systemClock, logger, ttlMs, holder });
    leases.push(lease);
    lease.start();
    return lease;
  };

  it('gives the work to one of many, and to another when it is given back', async () => {
    const all = ['a', 'b', 'c'].map((holder) => open(holder));
    const first = await eventually(() => all.find((lease) => lease.fence() !== undefined));
    expect(all.filter((lease) => lease.fence() !== undefined)).toHaveLength(1);
    const fence = first.fence() ?? 0;
    await first.stop();
    const second = await eventually(() => all.find((lease) => lease.fence() !== undefined));
    expect(second).not.toBe(first);
    expect(second.fence()).toBe(fence + 1);
  });

  it('keeps the fence while it is renewed', async () => {
    const lease = open('a');
    const fence = await eventually(() => lease.fence());
    const before = await test.pool.query('select expires_at from lease');
    await eventually(async () => (await test.pool.query('select 1 from lease where expires_at > $1', [before.rows[0].expires_at])).rowCount);
    expect(lease.fence()).toBe(fence);
  });

  it('R: the fence of a holder that was overtaken stops its transaction', async () => {
    const late = open('late', 60_000);
    await eventually(() => late.fence() !== undefined);
    // The holder does not notice: the table alone knows, as after a long pause of its process.
    await test.pool.query(`update lease set holder = 'other', fence = fence + 1`);
    expect(late.fence()).toBe(1);
    await expect(database.transaction((tx) => late.assert(tx))).rejects.toThrow(/LEASE_LOST/);
  });

  it('R: a takeover waits for the transaction that has checked the old fence', async () => {
    const holder = open('holder', 300);
    await eventually(() => holder.fence() !== undefined);
    const tx = await test.pool.connect();
    await tx.query('begin');
    await holder.assert(tx);
    // Expires while the transaction is open, and its holder no longer renews.
    await holder.stop();
    await test.pool.query(`update lease set expires_at = now() - interval '1 second'`);
    const taker = open('taker', 300);
    await eventually(async () => (await test.pool.query(`select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%for update%' and datname = current_database()`)).rowCount);
    expect(taker.fence()).toBeUndefined();
    await tx.query('commit');
    tx.release();
    expect(await eventually(() => taker.fence())).toBe(2);
  });

  it('renewal does not wait for transactions that hold the fence', async () => {
    const lease = open('a', 1_500);
    const fence = await eventually(() => lease.fence());
    await database.transaction(async (tx) => {
      await lease.assert(tx);
      const { rows } = await tx.query('select clock_timestamp() as started');
      await eventually(async () => (await test.pool.query(`select 1 from lease where expires_at > $1::timestamptz + interval '2 seconds'`, [rows[0].started])).rowCount);
    });
    expect(lease.fence()).toBe(fence);
  });

  it('counts itself out when it can not renew', async () => {
    const lease = open('a', 300);
    await eventually(() => lease.fence() !== undefined);
    const blocker = await test.pool.connect();
    await blocker.query('begin');
    await blocker.query('lock table lease in access exclusive mode');
    await eventually(() => lease.fence() === undefined);
    await blocker.query('commit');
    blocker.release();
    // Renewed late or taken anew, as it happens; either way its number is the table's, and it may write again.
    await eventually(() => lease.fence() !== undefined);
    await database.transaction((tx) => lease.assert(tx));
  });
});
