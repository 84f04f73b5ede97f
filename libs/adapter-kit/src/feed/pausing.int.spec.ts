import { pauseFlow, resumeFlow } from '@steward/event-bus';
import { eventually } from '@steward/testing';
import { openRig, type Rig } from '../fixtures/rig.fixture.spec';
import { storeHints } from './hint.store';

const flow = 'erp.stock-level';
const by = { actor: 'ines', reason: 'the ERP is moved' };

describe('a feed whose flow is paused', () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await openRig({ progressEveryMs: 50, pace: { overlapEveryMs: 30 } });
    for (let n = 0; n < 5; n += 1) rig.shop.put(`sku-${n}@main`, n);
    await rig.rows(`insert into outbox_watermark values ('ERP_STATE', 'epoch-1', 3)`);
    rig.lease.start();
    rig.runner.start();
  });
  afterEach(() => rig.close());

  const pause = () => pauseFlow(rig.database, flow, { ...by, resumesAt: null });
  const resume = () => resumeFlow(rig.database, flow, by);
  const asked = () => Object.values(rig.shop.asked).reduce((sum, count) => sum + count, 0);
  const claims = async () => (await rig.rows(`select 1 from outbox where kind = 'event'`)).length;
  const published = () => rig.rows('update outbox set published_at = now() where published_at is null');
  /** No reader is left. */
  const silent = () => eventually(() => !rig.runner.position().imported && rig.flowSwitch.pauseOf(flow) !== undefined);

  it('asks its source nothing and vouches for nothing; what is hinted waits, and all of it comes afterwards', async () => {
    await rig.agree();
    await eventually(async () => (await published(), (await claims()) > 0));
    await pause();
    await silent();
    const [before, claimed] = [asked(), await claims()];
    rig.shop.put('sku-1@main', 71);
    rig.shop.put('sku-9@main', 9);
    rig.shop.remove('sku-2@main');
    await storeHints(rig.database, [{ entity: 'stock-level', key: 'sku-2@main' }, { entity: 'stock-level', key: 'sku-9@main' }], new Date());
    rig.runner.hinted();
    await published();
    const first = await rig.runner.flow().look();
    await eventually(async () => ((await rig.runner.flow().look()).latenessMs ?? 0) > (first.latenessMs ?? Infinity) + 300);
    expect([asked() - before, (await claims()) - claimed, first.held, first.perSecond]).toEqual([0, 0, 2, null]);
    await resume();
    await rig.agree();
    await eventually(async () => (await rig.runner.flow().look()).held === 0);
    await eventually(async () => (await published(), (await claims()) > claimed));
    const { latenessMs } = await rig.runner.flow().look();
    expect(latenessMs).toBeLessThan(first.latenessMs === null ? 0 : 60_000);
  });

  it('lets go of a page that its source does not bring, and announces nothing of it', async () => {
    await rig.agree();
    const release = rig.shop.hold('changes');
    await eventually(() => rig.shop.asked.changes > 0);
    rig.shop.put('sku-1@main', 71);
    await pause();
    await eventually(() => rig.flowSwitch.pauseOf(flow) !== undefined);
    release();
    await silent();
    const said = await rig.announced();
    rig.shop.put('sku-1@main', 72);
    await resume();
    await rig.agree();
    expect([said['sku-1@main'], (await rig.announced())['sku-1@main']]).toEqual([expect.any(Number), 72]);
  });

  it('stays paused in whichever replica gets the lease, and goes on in it', async () => {
    await rig.agree();
    await pause();
    await silent();
    await rig.runner.stop();
    await rig.lease.stop();
    let turns = 0;
    const { lease, runner } = rig.another({ pauseOf: (name) => ((turns += 1), rig.flowSwitch.pauseOf(name)), onChange: (callback) => rig.flowSwitch.onChange(callback) });
    lease.start();
    runner.start();
    await eventually(() => lease.fence() !== undefined);
    const before = asked();
    rig.shop.put('sku-1@main', 71);
    // Two looks of the loop that would open the feed.
    await eventually(() => turns >= 2);
    expect(asked()).toBe(before);
    await resume();
    await rig.agree();
  });
});
