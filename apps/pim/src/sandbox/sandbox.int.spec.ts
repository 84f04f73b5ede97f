/** The connector against the real sandbox process, with the kit's runner and a real database; no broker. */
import { FeedRunner, kitMigrations, type ResilientHttp, resilientHttp } from '@steward/adapter-kit';
import { consumerMigrations, Lease, outboxMigrations } from '@steward/event-bus';
import { createLogger, type Database, openDatabase, systemClock } from '@steward/platform';
import { eventually, type SandboxProcess, startSandbox, testDatabase, type TestDatabase } from '@steward/testing';
import { sandboxConnector } from './sandbox.connector';

const token = 'only-here';

describe('the sandbox PIM', () => {
  let sandbox: SandboxProcess;
  let template: TestDatabase;
  let database: Database;
  let http: ResilientHttp;
  let lease: Lease;
  let runner: FeedRunner;

  beforeEach(async () => {
    sandbox = await startSandbox({ token });
    template = await testDatabase({ migrations: [...outboxMigrations, ...consumerMigrations, ...kitMigrations] });
    const logger = createLogger({ service: 'pim-test', level: 'silent' });
    database = await openDatabase({ url: template.url, name: 'pim-test', migrations: [], logger });
    http = resilientHttp({ dependency: 'pim-sandbox', clock: systemClock, logger });
    const env = { STEWARD_SANDBOX_URL: sandbox.url, STEWARD_SANDBOX_TOKEN: token, STEWARD_SANDBOX_WEBHOOK_SECRET: ['unused'] };
    const [feed] = sandboxConnector.open({ env, http, clock: systemClock, logger }).feeds;
    if (feed === undefined) throw new Error('no feed');
    const quick = { ...feed, pace: { ...feed.pace, pollEveryMs: 50, overlapEveryMs: 200, fullPassEveryMs: 300 } };
    lease = new Lease({ database, name: 'adapter', clock: systemClock, logger });
    runner = new FeedRunner({ system: 'pim', vendor: 'sandbox', feed: quick, database, lease, clock: systemClock, logger, revisionFloor: async () => 0 });
  });

  afterEach(async () => {
    await runner.stop();
    await lease.stop();
    await http.close();
    await database.close();
    await template.drop();
    await sandbox.stop();
  });

  const start = (): void => {
    lease.start();
    runner.start();
  };
  const control = (method: string, path: string, body?: unknown): Promise<void> => sandbox.control<undefined>(method, path, body);
  const record = (id: string, title: string): object => ({ id, labels: { en: { title } } });
  const put = (id: string, title: string, query = ''): Promise<void> => control('PUT', `pim/products/${encodeURIComponent(id)}${query}`, record(id, title));
  async function names(): Promise<Record<string, string | null>> {
    const { rows } = await template.pool.query<{ key: string; name: string | null }>(`select key, data->'texts'->'en'->>'name' as name from announced order by key`);
    return Object.fromEntries(rows.map(({ key, name }) => [key, name]));
  }

  it('is imported in pages, each record valid by its contract', async () => {
    await control('POST', 'seed', { seed: 'pim', products: 1_200 });
    start();
    await eventually(async () => Object.keys(await names()).length === 1_200);
    expect((await template.pool.query('select 1 from dead_letter')).rowCount).toBe(0);
    expect((await template.pool.query('select distinct lane from outbox')).rows).toEqual([{ lane: 1 }]);
  });

  it('shows rows that were committed late, changes that nobody told of, and hard deletes', async () => {
    await put('a', 'A');
    await put('b', 'B');
    await put('gone', 'Gone');
    start();
    await eventually(async () => Object.keys(await names()).length === 3);
    await put('late', 'Late', '?commitAfterMs=600&webhook=lose');
    await put('a', 'A2', '?webhook=lose');
    await control('DELETE', 'pim/products/gone?webhook=lose');
    await eventually(async () => {
      expect(await names()).toEqual({ a: 'A2', b: 'B', gone: null, late: 'Late' });
      return true;
    });
  });

  it('X6: empty, truncated and malformed answers change nothing', async () => {
    for (const id of ['a', 'b', 'c', 'd']) await put(id, id);
    start();
    await eventually(async () => Object.keys(await names()).length === 4);
    const before = await names();
    const { rows } = await template.pool.query<{ at: Date }>('select last_pass_at as at from feed');
    for (const kind of ['empty', 'truncated', 'malformed']) await control('POST', 'pim/faults', { kind, durationMs: 700 });
    await eventually(async () => (await template.pool.query(`select 1 from held_change where state = 'resolved' or state = 'open'`)).rowCount !== 0 || (await template.pool.query('select 1 from feed where last_pass_at > $1', [new Date((rows[0]?.at?.getTime() ?? 0) + 2_000)])).rowCount !== 0);
    expect(await names()).toEqual(before);
    await put('e', 'e');
    await eventually(async () => Object.keys(await names()).length === 5);
  });

  it('a webhook hints at the entity of its collection, and at nothing for a collection that is not read', () => {
    const { webhook, feeds } = sandboxConnector.open({ env: { STEWARD_SANDBOX_URL: sandbox.url, STEWARD_SANDBOX_TOKEN: token, STEWARD_SANDBOX_WEBHOOK_SECRET: ['s'] }, http, clock: systemClock, logger: createLogger({ service: 'pim-test', level: 'silent' }) });
    expect(feeds.map(({ contract }) => contract.entity)).toEqual(['product', 'category']);
    const events = ['products', 'categories', 'brands'].map((collection) => ({ collection, id: 'x', at: 't' }));
    expect(webhook?.hints({ events })).toEqual([{ entity: 'product', key: 'x', mark: 't#' }, { entity: 'category', key: 'x', mark: 't#' }]);
  });

  it('keys of every kind are read page by page and by key', async () => {
    const odd = ['a.b', 'a*', '>', 'two words', 'nuß', '💡', 'a,b', 'a/b', 'a%2Fb', 'x'.repeat(180)];
    for (const id of odd) await put(id, 'odd');
    start();
    await eventually(async () => Object.keys(await names()).length === odd.length);
    for (const id of odd.slice(1)) await control('DELETE', `pim/products/${encodeURIComponent(id)}?webhook=lose`);
    await eventually(async () => Object.values(await names()).filter((name) => name === null).length === odd.length - 1);
  });
});
