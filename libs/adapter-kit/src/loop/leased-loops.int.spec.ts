import { Lease, outboxMigrations } from '@steward/event-bus';
import { createLogger, type Database, openDatabase, systemClock } from '@steward/platform';
import { eventually, testDatabase, type TestDatabase } from '@steward/testing';
import { startLeasedLoops } from './leased-loops';

const logger = createLogger({ service: 'loops', level: 'silent' });

describe('loops under the lease', () => {
  let test: TestDatabase;
  let database: Database;
  const stops: (() => Promise<void>)[] = [];
  const begun: string[] = [];
  beforeEach(async () => {
    begun.length = 0;
    test = await testDatabase({ migrations: outboxMigrations });
    database = await openDatabase({ url: test.url, name: 'loops', migrations: [], logger });
    await test.pool.query('create table turn (id bigint generated always as identity, replica text)');
  });
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
    await database.close();
    await test.drop();
  });

  const replica = (name: string, run?: (signal: AbortSignal) => Promise<void>): { lease: Lease; stop: () => Promise<void> } => {
    const lease = new Lease({ database, name: 'adapter', clock: systemClock, logger, ttlMs: 600 });
    const turn = {
      name: 'turn',
      everyMs: 10,
      run: async (context: { database: Database; assertLease: (tx: never) => Promise<void> }, signal: AbortSignal) => {
        begun.push(name);
        await run?.(signal);
        await context.database.transaction(async (tx) => {
          await context.assertLease(tx as never);
          await tx.query('insert into turn (replica) values ($1)', [name]);
        });
      },
    };
    const stopLoops = startLeasedLoops({ loops: [turn as never], context: { database }, lease, clock: systemClock, logger });
    lease.start();
    const stop = async (): Promise<void> => {
      await stopLoops();
      await lease.stop();
    };
    stops.push(stop);
    return { lease, stop };
  };
  const turns = async (name: string) => (await test.pool.query('select 1 from turn where replica = $1', [name])).rowCount ?? 0;

  it('run in one process at a time, and go on in another when that one stops', async () => {
    const first = replica('first');
    await eventually(async () => (await turns('first')) > 3);
    const second = replica('second');
    const before = await turns('first');
    await eventually(async () => (await turns('first')) > before + 3);
    expect([begun.includes('second'), second.lease.fence()]).toEqual([false, undefined]);
    await first.stop();
    stops.shift();
    await eventually(async () => (await turns('second')) > 3);
  });

  it('go on after a run that failed', async () => {
    let failures = 2;
    replica('first', () => (failures-- > 0 ? Promise.reject(new Error('not now')) : Promise.resolve()));
    await eventually(async () => (await turns('first')) > 0);
    expect(failures).toBeLessThan(0);
  });

  it('a run is told when the lease is lost, and commits nothing any more', async () => {
    let lost = false;
    const { lease } = replica('first', (signal) => new Promise((resolve) => {
      if (lost) return resolve();
      signal.addEventListener('abort', () => ((lost = true), resolve()), { once: true });
    }));
    await eventually(() => lease.fence() !== undefined);
    await test.pool.query(`update lease set holder = 'other', fence = fence + 1, expires_at = now() + interval '1 hour'`);
    await eventually(() => lost);
    await eventually(() => lease.fence() === undefined);
    expect(await turns('first')).toBe(0);
  });
});
