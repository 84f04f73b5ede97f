import { feedProgress } from '@steward/contracts';
import { armFaults } from '@steward/platform';
import { eventually, testBroker, type TestBroker } from '@steward/testing';
import { appendEvents } from '../append-events';
import { measureOutbox } from '../outbox-metrics';
import { type Bench, insertStates, nothingPending, openBench, stored } from './relay.fixture.spec';

const progress = (entity: string, sequence: number) => ({ system: 'pim', entity, completeUpTo: '2026-01-02T03:04:05.000Z', stream: 'PIM_STATE', epoch: 'first', sequence });

describe('Relay, order and pressure', () => {
  let nats: TestBroker;
  let bench: Bench;

  beforeEach(async () => {
    nats = await testBroker();
    bench = await openBench(nats, { publishTimeoutMs: 300, window: 200 });
  });
  afterEach(async () => {
    await bench.close();
    await nats.stop();
  });

  const append = (keys: string[]): Promise<unknown> =>
    bench.database.transaction((tx) => appendEvents(tx, keys.map((key, index) => ({ contract: feedProgress, system: 'pim', key, data: progress(key, index) }))));

  it('O3: events of a key go out one by one in order, also when acknowledgements are lost; other keys do not wait', async () => {
    // A fifth of the batches of acknowledgements is lost: what follows must wait for the repetition.
    const disarm = armFaults('publish-ack=throw-before@0.2,seed=7');
    try {
      for (let round = 0; round < 10; round += 1) await append(['a', 'b', 'a', 'c', 'a', 'b']);
      await nothingPending(bench.database, 40_000);
    } finally {
      disarm();
    }
    const messages = await stored(nats, 'PIM_EVENTS');
    const sequencesOf = (key: string): number[] => messages.filter((message) => message.subject.endsWith(`.${key}`)).map((message) => Number(message.eventSequence));
    expect(sequencesOf('a')).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
    expect(sequencesOf('b')).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(sequencesOf('c')).toEqual(Array.from({ length: 10 }, (_, index) => index + 1));
  }, 90_000);

  it('O3: an event that the broker refuses holds back the later ones of its key', async () => {
    await append(['a']);
    await nothingPending(bench.database);
    await append(['a', 'b']);
    await eventually(async () => (await stored(nats, 'PIM_EVENTS')).length === 3);
    await bench.stopFirst();
    await append(['a']);
    await bench.test.pool.query(`update outbox set body = repeat('x', 1100000) where key = 'a' and published_at is null`);
    await append(['a', 'b']);
    const { stop } = await bench.newRelay();
    await eventually(async () => (await stored(nats, 'PIM_EVENTS')).filter((message) => message.subject.endsWith('.b')).length === 2);
    expect((await bench.database.query<{ key: string }>('select key from outbox where published_at is null order by id')).map((row) => row.key)).toEqual(['a', 'a']);
    await bench.test.pool.query(`update outbox set body = '{}' where key = 'a' and published_at is null`);
    await nothingPending(bench.database);
    expect((await stored(nats, 'PIM_EVENTS')).filter((message) => message.subject.endsWith('.a')).map((message) => message.eventSequence)).toEqual(['1', '2', '3', '4']);
    await stop();
  });

  it('O4: a broker that does not answer is felt as lag: the window fills, nothing is dropped, all goes out later', async () => {
    process.kill(nats.running.pid, 'SIGSTOP');
    try {
      await bench.database.query(...query(insertStates(Array.from({ length: 2_000 }, (_, index) => ({ key: `k${index}`, revision: 1 })))));
      await eventually(async () => (await measureOutbox(bench.database)).oldestSeconds > 0.7);
      expect(await measureOutbox(bench.database)).toMatchObject({ pending: 2_000 });
    } finally {
      process.kill(nats.running.pid, 'SIGCONT');
    }
    await nothingPending(bench.database);
    expect(await stored(nats, 'PIM_STATE')).toHaveLength(2_000);
    expect(await measureOutbox(bench.database)).toEqual({ pending: 0, oldestSeconds: 0 });
  });

  it('O4: a change is sent at once by its notification, without waiting for the poll', async () => {
    await bench.stopFirst();
    const { stop } = await bench.newRelay({ pollMs: 60_000 });
    await bench.database.query(...query(insertStates([{ key: 'first', revision: 1 }])));
    await nothingPending(bench.database, 5_000);
    await bench.database.query(...query(insertStates([{ key: 'second', revision: 1 }])));
    await nothingPending(bench.database, 5_000);
    await stop();
  });

  it('passes the trace of the change on to the message', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await bench.database.query(...query(insertStates([{ key: 'traced', revision: 1, traceparent }, { key: 'plain', revision: 1 }])));
    await nothingPending(bench.database);
    const messages = await stored(nats, 'PIM_STATE');
    expect(messages.map((message) => message.traceparent.split('-')[1] ?? '')).toEqual(['0af7651916cd43dd8448eb211c80319c', '']);
  });
});

const query = ({ text, values }: { text: string; values: unknown[] }): [string, unknown[]] => [text, values];
