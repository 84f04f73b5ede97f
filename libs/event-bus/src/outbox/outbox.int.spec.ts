import { feedProgress, product } from '@steward/contracts';
import { createLogger, type Database, manualClock, openDatabase } from '@steward/platform';
import { eventually, testDatabase, type TestDatabase } from '@steward/testing';
import { insertStates } from './relay/relay.fixture.spec';
import { appendEvents, checkRetention, dropExpiredPartitions, ensurePartitions, maxMessageBytes, outboxMigrations, outboxRetentionMs, publishFault, Retention } from '.';

const logger = createLogger({ service: 'test', level: 'silent' });
const dayMs = 86_400_000;
const data = (entity: string) => ({ system: 'pim', entity, completeUpTo: '2026-01-02T03:04:05.000Z', stream: 'PIM_STATE', epoch: 'e', sequence: 1 });
const draft = (key: string) => ({ contract: feedProgress, system: 'pim', key, data: data(key) });

describe('outbox', () => {
  let test: TestDatabase;
  let database: Database;

  beforeEach(async () => {
    test = await testDatabase({ migrations: outboxMigrations });
    database = await openDatabase({ url: test.url, name: 'test', migrations: outboxMigrations, logger });
  });
  afterEach(async () => {
    await database.close();
    await test.drop();
  });

  const partitions = async (): Promise<string[]> =>
    (await test.pool.query(`select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'outbox'::regclass and c.relname <> 'outbox_default' order by 1`)).rows.map((row) => row.relname);
  const writeState = (key: string): Promise<unknown> => {
    const { text, values } = insertStates([{ key, revision: 1 }]);
    return test.pool.query(text, values);
  };

  it('C5b: sequences of a key are gapless over transactions, batches and rollbacks, with many writers', async () => {
    await Promise.all(
      Array.from({ length: 6 }, async (_, writer) => {
        for (let round = 0; round < 10; round += 1) {
          const work = database.transaction(async (tx) => {
            await appendEvents(tx, [draft('a'), draft('b'), draft('a')]);
            if ((writer + round) % 4 === 0) throw new Error('rolled back');
          });
          await work.catch(() => undefined);
        }
      }),
    );
    const rows = await database.query<{ key: string; sequence: number }>('select key, sequence::int as sequence from outbox order by id');
    for (const key of ['a', 'b']) {
      const sequences = rows.filter((row) => row.key === key).map((row) => row.sequence);
      // In the order of ids: the relay sends them in that order (O3).
      expect(sequences).toEqual(sequences.map((_, index) => index + 1));
      expect(sequences.length).toBeGreaterThan(20);
    }
  });

  it('returns id and sequence of each event, in order', async () => {
    const appended = await database.transaction((tx) => appendEvents(tx, [draft('x'), draft('y'), draft('x')]));
    expect(appended.map(({ key, sequence }) => [key, sequence])).toEqual([['x', 1], ['y', 1], ['x', 2]]);
  });

  it('O5: what the contract or the broker would refuse is refused before commit', async () => {
    const attempt = (changed: object) => database.transaction((tx) => appendEvents(tx, [draft('fine'), { ...draft('bad'), ...changed }]));
    await expect(attempt({ data: { ...data('bad'), more: 1 } })).rejects.toMatchObject({ name: 'RejectedError', code: 'OUTBOX_INVALID' });
    await expect(attempt({ data: { ...data('bad'), sequence: 'one' } })).rejects.toMatchObject({ code: 'OUTBOX_INVALID', place: '/sequence' });
    await expect(attempt({ key: 'k'.repeat(300) })).rejects.toMatchObject({ code: 'OUTBOX_BAD_KEY' });
    await expect(attempt({ key: '' })).rejects.toMatchObject({ code: 'OUTBOX_BAD_KEY' });
    await expect(attempt({ key: 'a\0b' })).rejects.toMatchObject({ code: 'OUTBOX_BAD_KEY' });
    await expect(attempt({ system: 'gateway' })).rejects.toMatchObject({ code: 'OUTBOX_WRONG_SYSTEM' });
    await expect(attempt({ contract: product })).rejects.toMatchObject({ code: 'OUTBOX_WRONG_KIND' });
    expect(await database.query('select 1 from outbox')).toEqual([]);
    expect(await database.query('select 1 from event_sequence')).toEqual([]);
  });

  it('O5: the limit of 1 MiB counts the headers, in bytes and not in characters', () => {
    const fault = (body: string) => publishFault({ contract: product, system: 'pim', key: 'a', body })?.code;
    expect(fault('x'.repeat(maxMessageBytes - 2_000))).toBeUndefined();
    expect(fault('x'.repeat(maxMessageBytes))).toBe('OUTBOX_TOO_LARGE');
    expect(fault('é'.repeat(maxMessageBytes / 2))).toBe('OUTBOX_TOO_LARGE');
    for (const key of ['a.b', '*', '>', 'a b', '😀']) expect(publishFault({ contract: product, system: 'pim', key, body: '{}' })).toBeUndefined();
  });

  it('makes partitions ahead, takes rows over from the default one, and is repeatable', async () => {
    const now = Date.now();
    await writeState('early');
    await ensurePartitions(database, now, 2);
    await Promise.all([ensurePartitions(database, now, 2), ensurePartitions(database, now, 3)]);
    expect(await partitions()).toHaveLength(4);
    await writeState('later');
    expect((await test.pool.query('select 1 from outbox_default')).rowCount).toBe(0);
    expect((await test.pool.query('select key from outbox order by id')).rows).toEqual([{ key: 'early' }, { key: 'later' }]);
    // The partition has the pending index too.
    expect((await test.pool.query(`select 1 from pg_indexes where tablename = 'outbox_' || to_char(now() at time zone 'utc', 'YYYYMMDD') and indexdef like '%WHERE (published_at IS NULL)'`)).rowCount).toBe(1);
  });

  it('drops what is older than 72 hours, and nothing that holds a pending row', async () => {
    const now = Date.now();
    await ensurePartitions(database, now - 6 * dayMs, 6);
    await writeState('pending');
    await test.pool.query(`update outbox set created_at = $1`, [new Date(now - 5 * dayMs)]);
    await writeState('published');
    await test.pool.query(`update outbox set created_at = $1, published_at = now() where key = 'published'`, [new Date(now - 4 * dayMs)]);
    const dropped = await dropExpiredPartitions(database, now);
    expect(dropped).toHaveLength(2);
    expect((await test.pool.query('select key from outbox')).rows).toEqual([{ key: 'pending' }]);
    await test.pool.query('update outbox set published_at = now()');
    expect(await dropExpiredPartitions(database, now)).toHaveLength(1);
    expect(await partitions()).toHaveLength(4);
  });

  it('O6: a retention shorter than the longest replay is refused at start', async () => {
    expect(() => checkRetention({ outboxMs: outboxRetentionMs, longestReplayMs: outboxRetentionMs, inboxMs: 1, tombstoneMs: outboxRetentionMs })).toThrow(/OUTBOX_RETENTION_SHORT.*inbox/);
    const retention = new Retention({ database, clock: manualClock(), logger, keepMs: outboxRetentionMs - 1 });
    await expect(retention.start()).rejects.toMatchObject({ code: 'OUTBOX_RETENTION_SHORT' });
    await retention.stop();
  });

  it('looks after the partitions day by day', async () => {
    const clock = manualClock(Date.now());
    const retention = new Retention({ database, clock, logger });
    await retention.start();
    const first = (await partitions())[0];
    for (let day = 0; day < 5; day += 1) {
      await eventually(() => clock.sleepers === 1);
      clock.advance(dayMs);
    }
    await eventually(async () => !(await partitions()).includes(first ?? ''));
    await retention.stop();
  });
});
