import { feedProgress } from '@steward/contracts';
import { eventually, testBroker, type TestBroker } from '@steward/testing';
import { appendEvents } from '../append-events';
import { adoptEpoch } from './adopt-epoch';
import { markPublished } from './mark-published';
import { type Bench, insertStates, nothingPending, openBench, stored } from './relay.fixture.spec';

describe('Relay, epochs', () => {
  let nats: TestBroker;
  let bench: Bench;
  const rebuilt: string[] = [];

  beforeEach(async () => {
    rebuilt.length = 0;
    nats = await testBroker();
    bench = await openBench(nats, {
      rebuild: async (tx, change) => {
        rebuilt.push(`${change.stream} ${change.from} → ${change.to}`);
        if (change.stream === 'PIM_STATE') await tx.query(insertStates([{ key: 'announced-long-ago', revision: 4, lane: 1 }]));
      },
    });
  });
  afterEach(async () => {
    await bench.close();
    await nats.stop();
  });

  const write = (keys: string[], revision = 1): Promise<unknown> => {
    const { text, values } = insertStates(keys.map((key) => ({ key, revision })));
    return bench.database.query(text, values);
  };

  it('B10: publishes nothing while the epoch of its stream is not known', async () => {
    await bench.stopFirst();
    await bench.test.pool.query('truncate outbox_watermark');
    bench.declared.declare({});
    const { relay, stop } = await bench.newRelay();
    await write(['a']);
    await eventually(() => relay.problems().includes('PIM_STATE: its epoch is not known yet'));
    expect(await stored(nats, 'PIM_STATE')).toEqual([]);
    bench.declared.declare({ PIM_STATE: 'first', PIM_EVENTS: 'first' });
    await nothingPending(bench.database);
    await stop();
  });

  it('B10: goes on after a restart with the recorded epoch while operations is away', async () => {
    await write(['a']);
    await nothingPending(bench.database);
    await bench.stopFirst();
    bench.declared.declare({});
    const { stop } = await bench.newRelay();
    await write(['b']);
    await nothingPending(bench.database);
    await stop();
  });

  it('B1, B10: a stream that was deleted and made anew gets everything again: same ids and revisions, new duplicate ids', async () => {
    await write(['a', 'b']);
    await write(['a'], 2);
    await bench.database.transaction((tx) =>
      appendEvents(tx, [1, 2].map((sequence) => ({ contract: feedProgress, system: 'pim', key: 'product', data: { system: 'pim', entity: 'product', completeUpTo: '2026-01-02T03:04:05.000Z', stream: 'PIM_STATE', epoch: 'first', sequence } }))),
    );
    await nothingPending(bench.database);
    const before = [...(await stored(nats, 'PIM_STATE')), ...(await stored(nats, 'PIM_EVENTS'))];
    await nats.asProvisioner(async (manager) => {
      await manager.streams.delete('PIM_STATE');
      await manager.streams.delete('PIM_EVENTS');
    });
    await nats.provision();
    bench.declared.declare({ PIM_STATE: 'second', PIM_EVENTS: 'second' });
    await eventually(async () => (await stored(nats, 'PIM_EVENTS')).length === 2);
    await nothingPending(bench.database);
    const after = [...(await stored(nats, 'PIM_STATE')), ...(await stored(nats, 'PIM_EVENTS'))];
    const known = (messages: typeof after): unknown[] => messages.map(({ id, subject, revision, eventSequence }) => ({ id, subject, revision, eventSequence })).toSorted((a, b) => a.id.localeCompare(b.id));
    expect(known(after.filter((message) => !message.subject.endsWith('announced-long-ago')))).toEqual(known(before));
    expect(after.filter((message) => before.some(({ id }) => id === message.id)).every((message) => message.messageId === `${message.id}:second`)).toBe(true);
    expect(after.some((message) => message.subject.endsWith('announced-long-ago'))).toBe(true);
    expect(rebuilt).toEqual(['PIM_EVENTS first → second', 'PIM_STATE first → second'].filter((text) => rebuilt.includes(text)));
    expect(rebuilt).toHaveLength(2);
  });

  it('B10, B12: an older row is not published again behind a newer one that still waits', async () => {
    await write(['a', 'b']);
    await nothingPending(bench.database);
    await bench.stopFirst();
    await write(['a'], 2);
    await bench.database.transaction((tx) => adoptEpoch(tx, { stream: 'PIM_STATE', types: ['pim.product.v1'], from: 'first', to: 'second' }, undefined));
    const { rows } = await bench.test.pool.query('select key, revision::int from outbox where published_at is null order by key');
    expect(rows).toEqual([{ key: 'a', revision: 2 }, { key: 'b', revision: 1 }]);
  });

  it('B10: a new message under an old sequence proves a lost tail; the stream stands until a new epoch, then nothing is missing', async () => {
    await write(Array.from({ length: 30 }, (_, index) => `k${index}`));
    await nothingPending(bench.database);
    // As after the restore of an older store: the same stream, the same epoch, its last messages gone.
    await nats.asProvisioner((manager) => manager.streams.delete('PIM_STATE'));
    await nats.provision();
    await write(['new']);
    await eventually(() => bench.declared.proofs.length > 0);
    expect(bench.declared.proofs[0]).toEqual({ stream: 'PIM_STATE', sequence: 1 });
    expect(bench.relay.problems().join()).toMatch(/PIM_STATE: it lost messages/);
    bench.declared.declare({ PIM_STATE: 'second', PIM_EVENTS: 'first' });
    await nothingPending(bench.database);
    const subjects = new Set((await stored(nats, 'PIM_STATE')).map((message) => message.subject));
    expect(subjects.size).toBe(32);
    expect(bench.relay.problems()).toEqual([]);
  });

  it('B10: it also proves the loss of what the database could not mark yet', async () => {
    await eventually(async () => (await bench.database.query('select from outbox_watermark')).length === 2);
    const held = await bench.test.pool.connect();
    await held.query('begin');
    await held.query('select from outbox_watermark for update');
    await write(['a', 'b', 'c']);
    await eventually(() => bench.relay.recorded()['PIM_STATE']?.sequence === 3);
    await nats.asProvisioner((manager) => manager.streams.delete('PIM_STATE'));
    await nats.provision();
    await write(['new']);
    await eventually(() => bench.declared.proofs.length > 0);
    await held.query('commit');
    held.release();
    expect(bench.declared.proofs[0]).toEqual({ stream: 'PIM_STATE', sequence: 1 });
    bench.declared.declare({ PIM_STATE: 'second', PIM_EVENTS: 'first' });
    await nothingPending(bench.database);
    expect((await stored(nats, 'PIM_STATE')).map(({ subject }) => subject.split('.').at(-1)).toSorted()).toEqual(['a', 'announced-long-ago', 'b', 'c', 'new']);
  });

  it('B10: a late mark of the old epoch marks nothing', async () => {
    await eventually(async () => (await bench.database.query('select from outbox_watermark')).length === 2);
    await bench.stopFirst();
    await write(['a']);
    const [row] = await bench.database.query<{ id: string; created_at: string; message_id: string }>('select id, created_at::text, message_id from outbox');
    await bench.database.query(`update outbox_watermark set epoch = 'second', sequence = 0 where stream = 'PIM_STATE'`);
    const late = { lane: 0, stream: 'PIM_STATE', epoch: 'first', rows: [{ id: row?.id ?? '', createdAt: row?.created_at ?? '', messageId: row?.message_id ?? '', sequence: 9 }] };
    expect(await markPublished(bench.database, late)).toBe(0);
    expect(await bench.database.query(`select sequence::int as sequence from outbox_watermark where stream = 'PIM_STATE'`)).toEqual([{ sequence: 0 }]);
    expect(await markPublished(bench.database, { ...late, epoch: 'second' })).toBe(1);
  });
});
