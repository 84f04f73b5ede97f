import { manualClock, type ManualClock } from '@steward/platform';
import { eventually } from '@steward/testing';
import { openRig, type Rig } from '../fixtures/rig.fixture.spec';

describe('O8: feed progress', () => {
  let rig: Rig;
  let clock: ManualClock;

  beforeEach(async () => {
    clock = manualClock();
    rig = await openRig({ clock, progressEveryMs: 15_000, pace: { pollEveryMs: 1_000, overlapEveryMs: 5_000, safetyLagMs: 2_000 } });
    rig.shop.put('sku-1@main', 1);
    rig.lease.start();
    rig.runner.start();
    await tickUntil(async () => rig.runner.position().completeUpTo !== null);
  });
  afterEach(() => rig.close());

  /** Lets fake seconds pass until it is so; readers go on between them. */
  async function tickUntil(condition: () => Promise<boolean> | boolean): Promise<void> {
    await eventually(async () => {
      if (await condition()) return true;
      clock.advance(1_000);
      return false;
    });
  }

  const watermark = (epoch: string, sequence: number): Promise<unknown> =>
    rig.rows(`insert into outbox_watermark values ('ERP_STATE', $1, $2) on conflict (stream) do update set epoch = $1, sequence = $2`, [epoch, sequence]);
  const acknowledge = async (epoch: string, sequence: number): Promise<void> => {
    await watermark(epoch, sequence);
    await rig.rows('update outbox set published_at = now() where published_at is null');
  };

  interface Progress {
    completeUpTo: string;
    stream: string;
    epoch: string;
    sequence: number;
  }
  const claims = async (): Promise<Progress[]> => (await rig.rows<{ body: string }>(`select body from outbox where kind = 'event' order by id`)).map(({ body }) => JSON.parse(body) as Progress);

  it('is not claimed while a row that was written before it waits for its acknowledgement', async () => {
    await watermark('epoch-1', 3);
    // Several complete overlap reads, each of which would have something to claim.
    for (let n = 0; n < 3; n += 1) {
      const before = rig.runner.position().completeUpTo;
      await tickUntil(() => rig.runner.position().completeUpTo !== before);
    }
    expect(await claims()).toEqual([]);
    await acknowledge('epoch-1', 7);
    await tickUntil(async () => (await claims()).length > 0);
    expect((await claims())[0]).toMatchObject({ system: 'erp', entity: 'stock-level', stream: 'ERP_STATE', epoch: 'epoch-1', sequence: 7 });
  });

  it('grows while the feed is read without a change, and lags by the safety lag', async () => {
    await acknowledge('epoch-1', 7);
    await tickUntil(async () => (await claims()).length >= 3);
    const times = (await claims()).map(({ completeUpTo }) => Date.parse(completeUpTo));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(new Set(times).size).toBe(times.length);
    for (const time of times) expect(time).toBeLessThanOrEqual(clock.now() - 2_000);
  });

  it('stands still while the source can’t be read', async () => {
    await acknowledge('epoch-1', 7);
    await tickUntil(async () => (await claims()).length > 0);
    rig.shop.spoil('changes', () => {
      throw new Error('the source is down');
    });
    await eventually(() => rig.shop.asked.changes > 0);
    const asked = rig.shop.asked.changes;
    await tickUntil(() => rig.shop.asked.changes > asked + 3);
    const stood = rig.runner.position().completeUpTo;
    await tickUntil(() => rig.shop.asked.changes > asked + 6);
    expect(rig.runner.position().completeUpTo).toEqual(stood);
  });
});
