import { randomUUID } from 'node:crypto';
import { outboxMigrations } from '@steward/event-bus';
import { createLogger, type Database, openDatabase, StewardError, systemClock } from '@steward/platform';
import { eventually, testDatabase, type TestDatabase } from '@steward/testing';
import { DueTurns, type Fenced } from './due-turns';

const logger = createLogger({ service: 'test', level: 'silent' });

describe('turns of rows that are due', () => {
  let test: TestDatabase;
  let database: Database;
  const begun: DueTurns[] = [];

  beforeAll(async () => {
    test = await testDatabase({ migrations: outboxMigrations });
    database = await openDatabase({ url: test.url, name: 'test', migrations: outboxMigrations, logger });
    await test.pool.query('create table thing (id uuid primary key, next_at timestamptz not null default now(), said text)');
  });
  afterAll(async () => {
    await database.close();
    await test.drop();
  });
  afterEach(async () => {
    for (const turns of begun.splice(0)) await turns.stop();
    await test.pool.query('truncate thing, lease');
  });

  const start = (turn: (id: string, fenced: Fenced) => Promise<void>, leaseTtlMs = 600): void => {
    const turns = new DueTurns({ database, clock: systemClock, logger, everyMs: 20, leaseTtlMs }, { name: 'things', table: 'thing', one: 'thing', atOnce: 10, turn });
    turns.start();
    begun.push(turns);
  };
  const due = async (): Promise<string> => {
    const id = randomUUID();
    await test.pool.query('insert into thing (id) values ($1)', [id]);
    return id;
  };
  const say = (id: string, text: string, fenced: Fenced): Promise<unknown> => fenced((tx) => tx.query(`update thing set said = $2, next_at = 'infinity' where id = $1`, [id, text]));
  const said = async (id: string): Promise<string | null> => (await test.pool.query<{ said: string | null }>('select said from thing where id = $1', [id])).rows[0]?.said ?? null;

  it('a replica that was overtaken writes nothing any more', async () => {
    const id = await due();
    let goOn: (() => void) | undefined;
    let late: unknown;
    start(async (_id, fenced) => {
      await new Promise<void>((resolve) => (goOn = resolve));
      await say(id, 'late', fenced).catch((error: unknown) => (late = error));
    }, 60_000);
    await eventually(() => goOn !== undefined);
    // As after a long pause of its process: the table alone knows.
    await test.pool.query(`update lease set holder = 'nobody', fence = fence + 1, expires_at = now()`);
    start((each, fenced) => say(each, 'by the second', fenced).then(() => undefined));
    await eventually(async () => (await said(id)) === 'by the second');
    goOn?.();
    await eventually(() => late !== undefined);
    expect((late as StewardError).code).toBe('LEASE_LOST');
    expect(await said(id)).toBe('by the second');
  });

  it('a row has one turn at a time, one that failed comes again, and a slow one holds up nobody else', async () => {
    const [slow, other] = [await due(), await due()];
    let goOn: () => void = () => undefined;
    const turns: string[] = [];
    start(async (id, fenced) => {
      turns.push(id);
      if (id === slow) await new Promise<void>((resolve) => (goOn = resolve));
      else if (turns.filter((each) => each === other).length === 1) throw new StewardError('BROKER_TIMEOUT', 'at first');
      await say(id, 'done', fenced);
    });
    await eventually(async () => (await said(other)) === 'done');
    expect(turns.filter((each) => each === slow)).toHaveLength(1);
    goOn();
    await eventually(async () => (await said(slow)) === 'done');
  });
});
