import { randomUUID } from 'node:crypto';
import { product, streams } from '@steward/contracts';
import { manualClock } from '@steward/platform';
import { outboxRetentionMs } from '../../outbox/retention';
import { delivered, logger, openRig, progress, recordingProjection, type Rig, stock, stockLevel } from '../rig.spec';
import type { Work } from '../work';
import { createPruner, longestReplayMs, prune, retentionOf } from './retention';

const dayMs = 86_400_000;
const declared = (name: string) => streams.find((each) => each.name === name) ?? (streams[0] as (typeof streams)[number]);

describe('retention of the consumer', () => {
  let rig: Rig;
  let works: Work[];
  beforeAll(async () => {
    rig = await openRig();
    const empty = { projections: new Map(), handlers: new Map() };
    works = [
      { ...rig.work, ...empty, consumer: 'gateway-availability', stream: 'ERP_STATE', projections: rig.work.projections },
      { ...rig.work, ...empty, consumer: 'gateway-progress', stream: 'ERP_EVENTS', handlers: rig.work.handlers },
      { ...rig.work, ...empty, consumer: 'gateway-progress', stream: 'PIM_EVENTS', handlers: rig.work.handlers },
    ];
  });
  afterAll(() => rig.close());
  beforeEach(() => rig.test.pool.query('truncate stored_part, inbox, event_position, held, dead_letter, dead_letter_act, delivery_attempt'));
  /** As if so many days had passed. */
  const pruneAfter = (days: number, batch = 100) => Promise.all(retentionOf(works, streams).map((kept) => prune(rig.database, kept, Date.now() + days * dayMs, batch)));
  const keys = (table: string, column = 'key') => rig.rows<Record<string, string>>(`select ${column} as key from ${table} order by 1`).then((rows) => rows.map((row) => row['key']));

  it('O6: the longest replay is what the owner publishes again and what the stream holds then', () => {
    expect(longestReplayMs(declared('ERP_EVENTS'))).toBe(14 * dayMs + outboxRetentionMs);
    expect(longestReplayMs(declared('ERP_STATE'))).toBe(outboxRetentionMs);
    expect(longestReplayMs({ ...declared('ERP_STATE'), maxMsgsPerSubject: -1 })).toBe(Infinity);
  });

  it('O6: an inbox, a tombstone or a closed letter kept shorter than its stream holds messages is refused at start, with a code', () => {
    const maxAgeMs = declared('ERP_EVENTS').maxAgeMs;
    const refused = (text: string) => expect.objectContaining({ code: 'OUTBOX_RETENTION_SHORT', message: expect.stringContaining(text) });
    expect(() => retentionOf(works, streams, { inboxMs: maxAgeMs - 1 })).toThrow(refused('gateway-progress: kept shorter than the longest replay of 408 h: inbox'));
    expect(() => retentionOf(works, streams, { closedLettersMs: maxAgeMs - 1 })).toThrow(refused('closed dead letters'));
    const long = streams.map((each) => (each.name === 'ERP_STATE' ? { ...each, maxAgeMs: stockLevel.tombstoneRetentionMs + 1 } : each));
    expect(() => retentionOf(works, long)).toThrow(refused('gateway-availability'));
    const forgetful = new Map([['product', { ...recordingProjection(), contract: { ...product, tombstoneRetentionMs: dayMs } }]]);
    expect(() => retentionOf([{ ...rig.work, projections: forgetful, handlers: new Map() }], streams)).toThrow(refused('tombstones 24 h'));
  });

  it('O6: without a setting the inbox is kept longer than any of its streams, and for ever when one of them is', () => {
    const of = (all = streams) => retentionOf(works, all).find((kept) => kept.consumer === 'gateway-progress')?.inboxMs;
    expect(of()).toBe(14 * dayMs + outboxRetentionMs + dayMs);
    expect(of(streams.map((each) => (each.name === 'PIM_EVENTS' ? { ...each, maxAgeMs: 0 } : each)))).toBe(Infinity);
  });

  it('O6: a tombstone goes when its contract says so, and not before; what lives or was made anew stays', async () => {
    await rig.run(...['gone@m', 'again@m', 'alive@m'].map((key) => delivered(stock(key, 1))));
    await rig.run(delivered(stock('gone@m', 2, null)), delivered(stock('again@m', 2, null)));
    await rig.run(delivered(stock('again@m', 3)));
    const days = stockLevel.tombstoneRetentionMs / dayMs;
    await pruneAfter(days - 1);
    expect(await keys('stored_part')).toEqual(['again@m', 'alive@m', 'gone@m']);
    await pruneAfter(days + 1);
    expect(await keys('stored_part')).toEqual(['again@m', 'alive@m']);
  });

  it('C12: until then a late older update does not bring back what was deleted', async () => {
    await rig.run(delivered(stock('S@m', 2, null)));
    await pruneAfter(stockLevel.tombstoneRetentionMs / dayMs - 1);
    await rig.run(delivered(stock('S@m', 1)));
    expect(await rig.rows('select revision, data from stored_part')).toEqual([{ revision: '2', data: null }]);
  });

  it('O6: inbox rows go after the longest replay; what comes later still is no second effect', async () => {
    const event = progress('stock-level', 1);
    await rig.run(delivered(event));
    await pruneAfter(17);
    expect(await keys('inbox', 'message_id')).toEqual([event.id]);
    await pruneAfter(19);
    expect(await keys('inbox', 'message_id')).toEqual([]);
    const before = await rig.rows('select from effect');
    await rig.run(delivered(event, 2));
    expect(await rig.rows('select from effect')).toHaveLength(before.length);
    expect(await rig.rows('select class from dead_letter')).toEqual([{ class: 'conflict' }]);
  });

  it('O6: closed letters go with the record of what was done to them; open ones stay whatever their age, as do held events and positions', async () => {
    await rig.run(delivered(stock('closed@m', 1, 1, { body: '{}' })), delivered(stock('open@m', 1, 1, { body: '{}' })), delivered(progress('held', 2)));
    await rig.test.pool.query(`insert into dead_letter_act (letter_id, act, actor, reason, verdict) select id, 'discard', 'ada', 'test', 'apply' from dead_letter`);
    await rig.run(delivered(stock('closed@m', 2)));
    await pruneAfter(89);
    expect(await keys('dead_letter')).toEqual(['closed@m', 'open@m']);
    await pruneAfter(91);
    expect(await keys('dead_letter')).toEqual(['open@m']);
    expect(await rig.rows('select from dead_letter_act')).toHaveLength(1);
    expect(await keys('held')).toEqual(['erp.feed-progress/held']);
    expect(await keys('event_position')).toEqual(['erp.feed-progress/held']);
  });

  it('O6: attempts of messages that left their stream go; the rows of other consumers are not ours', async () => {
    await rig.test.pool.query(`insert into delivery_attempt values ('gateway-availability', gen_random_uuid(), 1, now()), ('other', gen_random_uuid(), 1, now())`);
    await rig.test.pool.query(`insert into inbox values (gen_random_uuid(), 'other'), (gen_random_uuid(), 'progress')`);
    await pruneAfter(29);
    expect(await keys('delivery_attempt', 'consumer')).toEqual(['gateway-availability', 'other']);
    await pruneAfter(31);
    expect([await keys('delivery_attempt', 'consumer'), await keys('inbox', 'handler')]).toEqual([['other'], ['other']]);
  });

  it('O6: deletes in batches, one a call, goes on at the next call while there is more, and rests when there is none', async () => {
    await rig.test.pool.query(`insert into inbox select gen_random_uuid(), 'progress' from generate_series(1, 25)`);
    const clock = manualClock(Date.now() + 60 * dayMs);
    const tick = createPruner({ database: rig.database, clock, logger }, retentionOf(works, streams), { batch: 10 });
    const left: number[] = [];
    for (let call = 0; call < 4; call += 1) {
      await tick();
      left.push((await keys('inbox', 'message_id')).length);
    }
    expect(left).toEqual([15, 5, 0, 0]);
    await rig.test.pool.query(`insert into inbox values ($1, 'progress')`, [randomUUID()]);
    await tick();
    expect(await keys('inbox', 'message_id')).toHaveLength(1);
    clock.advance(3_600_001);
    await tick();
    expect(await keys('inbox', 'message_id')).toHaveLength(0);
  });

  it('O6: a row that another transaction has in hand is left for the next time instead of being waited for', async () => {
    await rig.run(delivered(stock('S@m', 1, null)));
    await rig.database.transaction(async (tx) => {
      await tx.query('select from stored_part for update');
      expect((await pruneAfter(60))[0]?.stored_part).toBe(0);
    });
    expect((await pruneAfter(60))[0]?.stored_part).toBe(1);
  });

  it('O6: updates of living rows stay HOT beside the index that finds tombstones', async () => {
    await rig.run(delivered(stock('S@m', 1)));
    const client = await rig.test.pool.connect();
    try {
      await client.query('select pg_stat_force_next_flush()');
      const before = await client.query<{ hot: string }>(`select n_tup_hot_upd as hot from pg_stat_user_tables where relname = 'stored_part'`);
      for (let revision = 2; revision < 12; revision += 1) {
        await client.query(`update stored_part set revision = ${revision}, data = '{}', applied_at = now(), deleted_at = null`);
      }
      await client.query('select pg_stat_force_next_flush()');
      const after = await client.query<{ hot: string }>(`select n_tup_hot_upd as hot from pg_stat_user_tables where relname = 'stored_part'`);
      expect(Number(after.rows[0]?.hot) - Number(before.rows[0]?.hot)).toBe(10);
    } finally {
      client.release();
    }
  });
});
