import { product, subjectOf } from '@steward/contracts';
import { armFaults } from '@steward/platform';
import { eventually, testBroker, type TestBroker } from '@steward/testing';
import { type Bench, insertStates, nothingPending, openBench, stored, type StateDraft } from './relay.fixture.spec';

const epochs = { PIM_STATE: 'first', PIM_EVENTS: 'first' };
const drafts = (count: number, prefix = 'k'): StateDraft[] => Array.from({ length: count }, (_, index) => ({ key: `${prefix}${index}`, revision: 1 }));

describe('Relay on a broker that syncs every message', () => {
  let nats: TestBroker;
  let bench: Bench;

  beforeAll(async () => void (nats = await testBroker({ syncAlways: true })));
  afterAll(() => nats.stop());
  beforeEach(async () => {
    bench = await openBench(nats, { publishTimeoutMs: 1_000 });
    bench.declared.declare(epochs, true);
  });
  afterEach(async () => {
    await bench.close();
    await nats.asProvisioner(async (manager) => {
      for await (const stream of manager.streams.list()) await manager.streams.delete(stream.config.name);
    });
    await nats.provision();
  });

  const write = (some: StateDraft[]): Promise<unknown> => {
    const { text, values } = insertStates(some);
    return bench.database.query(text, values);
  };
  const recorded = () => bench.database.query<{ id: string; sequence: number }>('select message_id as id, stream_sequence::int as sequence from outbox order by stream_sequence');
  const inStream = async () => (await stored(nats, 'PIM_STATE')).map(({ id, sequence }) => ({ id, sequence }));

  it('B11: sends many rows as atomic batches, and each is marked with the sequence that it has', async () => {
    await write(drafts(1_200));
    await nothingPending(bench.database);
    expect(await recorded()).toEqual(await inStream());
    const batches = new Set((await stored(nats, 'PIM_STATE')).map(({ batch }) => batch));
    expect(batches.size).toBeLessThan(10);
    expect(batches).not.toContain('');
  });

  it('B11: a few rows go one by one, and all where the broker syncs lazily', async () => {
    await write(drafts(5));
    await nothingPending(bench.database);
    bench.declared.declare(epochs, false);
    await write(drafts(200, 'lazy'));
    await nothingPending(bench.database);
    expect(new Set((await stored(nats, 'PIM_STATE')).map(({ batch }) => batch))).toEqual(new Set(['']));
  });

  it('B5, B11: a batch of unknown outcome is refused as known when it comes again, and its rows succeed one by one', async () => {
    const disarm = armFaults('publish-ack=throw-before#1');
    try {
      await write(drafts(300));
      await nothingPending(bench.database);
    } finally {
      disarm();
    }
    expect(await inStream()).toHaveLength(300);
    expect((await stored(nats, 'PIM_STATE')).at(-1)?.sequence).toBe(300);
    expect(await recorded()).toEqual(await inStream());
  });

  it('B11, O3: a member that the broker refuses costs only its own key', async () => {
    const poison = subjectOf(product, 'pim', 'poison');
    await write([...drafts(50), { key: 'poison', revision: 1, body: 'x'.repeat(1_100_000) }, ...drafts(50, 'm')]);
    await eventually(async () => {
      expect(await bench.database.query<{ subject: string }>('select subject from outbox where published_at is null')).toEqual([{ subject: poison }]);
      return true;
    });
    await write(drafts(100, 'later'));
    await eventually(async () => (await inStream()).length === 200);
    expect((await stored(nats, 'PIM_STATE')).filter(({ subject }) => subject.includes('later')).every(({ batch }) => batch !== '')).toBe(true);
  });

  it('B11: a stream that allows no batches is sent single messages', async () => {
    await nats.asProvisioner(async (manager) => {
      const { config } = await manager.streams.info('PIM_STATE');
      await manager.streams.delete('PIM_STATE');
      await manager.streams.add({ ...config, allow_atomic: false });
    });
    await write(drafts(100));
    await nothingPending(bench.database);
    expect(await inStream()).toHaveLength(100);
    expect(await recorded()).toEqual(await inStream());
  });
});
