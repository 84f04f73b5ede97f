import { eventually } from '@steward/testing';
import { storeHints } from '../feed/hint.store';
import { openRig, type Rig, type RigOptions } from '../fixtures/rig.fixture.spec';
import { decideHeldChange } from '../guard/decide-held';

const soon = { pollEveryMs: 20, fullPassEveryMs: 60 };

describe('a full pass', () => {
  let rig: Rig;
  const open = async (records: number, options: RigOptions = { pace: soon }): Promise<Rig> => {
    rig = await openRig(options);
    for (let n = 0; n < records; n += 1) rig.shop.put(`sku-${String(n).padStart(4, '0')}@main`, n);
    return rig;
  };
  const start = async (): Promise<void> => {
    rig.lease.start();
    rig.runner.start();
    await rig.agree();
    await nextPass();
  };
  afterEach(() => rig.close());

  const lastPass = async (): Promise<number> => (await rig.rows<{ at: Date | null }>('select last_pass_at as at from feed'))[0]?.at?.getTime() ?? 0;
  /** A whole pass that began after this call. */
  const nextPass = async (): Promise<void> => {
    for (let n = 0; n < 2; n += 1) {
      const before = await lastPass();
      await eventually(async () => (await lastPass()) > before);
    }
  };
  interface Case {
    id: string;
    kind: string;
    state: string;
    count: number;
    total: number;
    sample: string[];
    team: string;
  }
  const cases = (): Promise<Case[]> => rig.rows(`select id, kind, state, count::int, total::int, sample, owner->>'team' as team from held_change order by opened_at`);
  const alive = async (): Promise<number> => Object.values(await rig.announced()).filter((count) => count !== null).length;

  it('finds a hard delete, asks for it by key and announces it once', async () => {
    await open(8);
    await start();
    rig.shop.remove('sku-0003@main');
    await rig.agree();
    await nextPass();
    expect((await rig.outbox()).filter(({ tombstone }) => tombstone)).toEqual([expect.objectContaining({ key: 'sku-0003@main', revision: 2 })]);
    expect(rig.shop.readKeys.flat()).toContain('sku-0003@main');
    expect(await cases()).toEqual([]);
  });

  it('a key that comes back after its deletion gets a higher revision', async () => {
    await open(4);
    await start();
    rig.shop.remove('sku-0001@main');
    await rig.agree();
    rig.shop.put('sku-0001@main', 1);
    await rig.agree();
    expect((await rig.outbox()).filter(({ key }) => key === 'sku-0001@main').map(({ revision }) => revision)).toEqual([1, 2, 3]);
  });

  it('X6: an empty answer deletes nothing and opens one case, which closes when the source is itself again', async () => {
    await open(8);
    await start();
    rig.shop.spoil('all', (page) => ({ ...page, items: [], more: false, total: 0 }));
    rig.shop.spoil('byKeys', (page) => ({ ...page, items: [] }));
    await nextPass();
    await nextPass();
    expect(await alive()).toBe(8);
    expect(await cases()).toEqual([expect.objectContaining({ kind: 'empty', state: 'open', count: 8, total: 8, team: 'Inventory' })]);
    rig.shop.spoil('all', undefined);
    await nextPass();
    expect(await cases()).toEqual([expect.objectContaining({ kind: 'empty', state: 'resolved' })]);
    expect(await rig.outbox()).toHaveLength(8);
  });

  it('X6: a truncated answer deletes nothing, also when it claims to be all', async () => {
    await open(8);
    await start();
    rig.shop.spoil('all', (page) => ({ ...page, items: page.items.slice(0, 1), more: false }));
    await nextPass();
    expect(await alive()).toBe(8);
    expect(await cases()).toEqual([expect.objectContaining({ kind: 'truncated', state: 'open' })]);
  });

  it('X6: a source that shrank by more than the contract allows is held, and deleted only when the owner says so', async () => {
    await open(300, { pace: soon, pageSize: 100 });
    await start();
    for (let n = 0; n < 180; n += 1) rig.shop.remove(`sku-${String(n).padStart(4, '0')}@main`);
    await nextPass();
    expect(await alive()).toBe(300);
    const [held] = await cases();
    expect(held).toMatchObject({ kind: 'shrunken', state: 'open', count: 180, total: 300 });
    expect(held?.sample).toHaveLength(20);
    await decideHeldChange(rig.database, held?.id ?? '', 'release', { actor: 'ines', reason: 'the season is over' });
    await rig.agree();
    expect(await alive()).toBe(120);
    await eventually(async () => (await cases())[0]?.state === 'applied');
    expect(await rig.rows('select closed_by, closed_reason from held_change')).toEqual([{ closed_by: 'ines', closed_reason: 'the season is over' }]);
  });

  it('X6: a thousand webhooks are no way around the guard', async () => {
    await open(300, { pace: { ...soon, fullPassEveryMs: 3_600_000 }, pageSize: 100 });
    rig.lease.start();
    rig.runner.start();
    await rig.agree();
    const gone = Array.from({ length: 180 }, (_, n) => `sku-${String(n).padStart(4, '0')}@main`);
    for (const key of gone) rig.shop.remove(key);
    for (const key of gone) await storeHints(rig.database, [{ entity: 'stock-level', key }], new Date());
    rig.runner.hinted();
    await eventually(async () => (await rig.rows('select 1 from hint')).length === 0);
    expect(await alive()).toBeGreaterThanOrEqual(200);
    expect((await cases())[0]).toMatchObject({ kind: 'shrunken', state: 'open' });
  });

  it('X6: an answer by key that shows nothing at all deletes nothing', async () => {
    await open(8, { pace: { ...soon, fullPassEveryMs: 3_600_000 } });
    rig.lease.start();
    rig.runner.start();
    await rig.agree();
    rig.shop.spoil('byKeys', (page) => ({ ...page, items: [] }));
    await storeHints(rig.database, [{ entity: 'stock-level', key: 'sku-0001@main' }], new Date());
    rig.runner.hinted();
    await eventually(() => rig.shop.asked.byKeys >= 3);
    expect(await alive()).toBe(8);
    rig.shop.spoil('byKeys', undefined);
    await eventually(async () => (await rig.rows('select 1 from hint')).length === 0);
    expect(await alive()).toBe(8);
  });

  it('a webhook of a deletion deletes at once when the source confirms it', async () => {
    await open(8, { pace: { ...soon, fullPassEveryMs: 3_600_000 } });
    rig.lease.start();
    rig.runner.start();
    await rig.agree();
    rig.shop.remove('sku-0001@main');
    await storeHints(rig.database, [{ entity: 'stock-level', key: 'sku-0001@main' }], new Date());
    rig.runner.hinted();
    await rig.agree();
  });

  it('O7: a key that was read after the pass began is not missing because the pass did not show it', async () => {
    await open(6, { pace: soon, pageSize: 3 });
    await start();
    // The first page of the pass waits; meanwhile a record appears in front of where the pass will be when it goes on.
    const release = rig.shop.hold('all');
    const { all } = rig.shop.asked;
    await eventually(() => rig.shop.asked.all > all);
    rig.shop.put('aaa@main', 7);
    await rig.agree();
    release();
    await nextPass();
    expect((await rig.outbox()).filter(({ tombstone }) => tombstone)).toEqual([]);
    expect(await cases()).toEqual([]);
  });

  it('goes on in the middle where a killed process left it', async () => {
    await open(9, { pace: soon, pageSize: 2 });
    await start();
    let pages = 0;
    const held = Promise.withResolvers<() => void>();
    rig.shop.spoil('all', (page) => {
      pages += 1;
      if (pages === 3) held.resolve(rig.shop.hold('all'));
      return page;
    });
    const release = await held.promise;
    const position = async (): Promise<string | null> => (await rig.rows<{ c: string | null }>('select pass_cursor as c from feed'))[0]?.c ?? null;
    await eventually(async () => (await position()) !== null);
    const { lease, runner } = rig.another();
    await rig.lease.stop();
    rig.shop.spoil('all', undefined);
    const [pass] = await rig.rows<{ id: string }>('select pass_id as id from feed');
    const seen = (await rig.rows('select 1 from pass_seen')).length;
    expect(seen).toBeGreaterThanOrEqual(2);
    rig.shop.remove('sku-0008@main');
    const asked = rig.shop.asked.all;
    lease.start();
    runner.start();
    release();
    await eventually(async () => (await rig.rows<{ id: string | null }>('select pass_id as id from feed'))[0]?.id !== pass?.id);
    // 9 records in pages of 2 are 5 pages; those that were in before the kill are not read again.
    expect(rig.shop.asked.all - asked).toBeLessThan(5);
    await rig.agree();
  });
});
