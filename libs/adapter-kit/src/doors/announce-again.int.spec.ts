import { type AnnounceAgainAnswer, type Contract, type StockLevel, stockLevel, stockReservation } from '@steward/contracts';
import { answerAnnounceAgain } from '@steward/event-bus';
import { announceOwn } from '../own/announce-own';
import { openRig, type Rig } from '../fixtures/rig.fixture.spec';
import { toldHeldChanges } from '../guard/told-held-changes';
import { announceAgain, type Announcing } from './announce-again';

const [a, b, c] = ['a@main', 'b@main', 'c@main'];
const level = (key: string, onHand: number): StockLevel => ({ sku: key.slice(0, 1), location: 'main', onHand });

const ask = (announcing: Announcing, question: object): Promise<AnnounceAgainAnswer> => answerAnnounceAgain((sound) => announceAgain(announcing, sound), question);

describe('announcing again', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await openRig();
  });
  afterAll(() => rig.close());
  beforeEach(async () => {
    await rig.rows('truncate announced, outbox, announced_again, hint');
    await rig.database.transaction((tx) => announceOwn(tx, 'erp', stockLevel, [{ key: a, data: level(a, 5) }, { key: b, data: level(b, 6) }]));
    await rig.rows('update outbox set published_at = now()');
  });

  const doors = () => ({ system: 'erp', database: rig.database, feeds: [rig.feed], own: [stockReservation as Contract], now: () => Date.now() });
  const again = (keys: readonly string[], more: object = {}): Promise<AnnounceAgainAnswer> =>
    ask(doors(), { entity: 'stock-level', keys, actor: 'anna', reason: 'the storefront lacks it', dryRun: false, ...more });
  const sent = () => rig.rows(`select key, revision::int, origin, lane, tombstone, body, event_time from outbox where published_at is null order by key, id`);
  const rows = () => rig.rows<{ key: string }>(`select key, revision::int, encode(hash, 'hex') as hash, data, read_no::int, changed_at from announced order by key`);
  const acts = () => rig.rows('select act_id, entity, origin, actor, reason, keys from announced_again order by id');

  it('X3: says the stored state under a new revision at equal content, as a repair, and who wanted it why', async () => {
    const before = await rows();
    expect(await again([b, a, b])).toEqual({ items: [{ key: b, outcome: 'announced', revision: 2 }, { key: a, outcome: 'announced', revision: 2 }] });
    const after = await rows();
    expect(after).toEqual(before.map((row) => ({ ...row, revision: 2 })));
    const [first] = await rig.rows<{ changed_at: Date }>(`select changed_at from announced where key = $1`, [a]);
    expect(await sent()).toEqual([a, b].map((key, index) => ({ key, revision: 2, origin: 'repair', lane: 0, tombstone: false, body: JSON.stringify(level(key, 5 + index)), event_time: first?.changed_at })));
    expect(await acts()).toEqual([{ act_id: null, entity: 'stock-level', origin: 'announced', actor: 'anna', reason: 'the storefront lacks it', keys: [b, a] }]);
  });

  it('X3: a row that is told is told again under a new revision, by its Teller, and a dry run leaves it alone', async () => {
    const id = '11111111-1111-4111-8111-111111111111';
    await rig.rows('truncate held_change cascade');
    await rig.rows(`insert into held_change (id, entity, vendor, rule, kind, count, total, detail, sample, owner, opened_at, last_seen_at) values ('${id}', 'stock-level', 'sandbox', null, 'deletions', 3, 10, 'three are gone', '[]', '{}', now(), now())`);
    await rig.rows('update held_change set told_version = version');
    const tell = (keys: readonly string[], more: object = {}): Promise<AnnounceAgainAnswer> =>
      ask({ ...doors(), tells: [toldHeldChanges] }, { entity: 'case', keys, actor: 'anna', reason: 'the desk lacks it', dryRun: false, ...more });
    const untold = () => rig.rows('select version::int, told_version::int from held_change where told_version < version');
    expect(await tell([id, 'no id'], { dryRun: true })).toEqual({ items: [{ key: id, outcome: 'would-announce', revision: 2 }, { key: 'no id', outcome: 'unknown-key', revision: null }] });
    expect(await untold()).toEqual([]);
    expect(await tell([id, 'no id'])).toEqual({ items: [{ key: id, outcome: 'announced', revision: 2 }, { key: 'no id', outcome: 'unknown-key', revision: null }] });
    expect(await untold()).toEqual([{ version: 2, told_version: 1 }]);
    expect(await acts()).toMatchObject([{ entity: 'case', actor: 'anna', reason: 'the desk lacks it' }]);
    await expect(tell([id], { from: 'source' })).rejects.toMatchObject({ code: 'DOOR_UNKNOWN_ENTITY' });
    await expect(again([id], { entity: 'case' })).rejects.toMatchObject({ code: 'DOOR_UNKNOWN_ENTITY' });
  });

  it('X3: a dry run says what would come and leaves nothing behind', async () => {
    expect(await again([a, c], { dryRun: true })).toEqual({ items: [{ key: a, outcome: 'would-announce', revision: 2 }, { key: c, outcome: 'unknown-key', revision: null }] });
    expect(await again([a, c], { dryRun: true, from: 'source' })).toEqual({ items: [{ key: a, outcome: 'would-read', revision: 1 }, { key: c, outcome: 'would-read', revision: null }] });
    expect([await sent(), await acts(), await rig.rows('select 1 from hint'), (await rows()).length]).toEqual([[], [], [], 2]);
  });

  it('X4: of a row that was edited by hand it is not known any more which record it tells', async () => {
    await rig.rows(`update announced set record_hash = '\\x01'`);
    await rig.rows(`update announced set data = '{"sku":"b","location":"main","onHand":99}' where key = $1`, [b]);
    await again([a, b]);
    const known = () => rig.rows('select key from announced where record_hash is not null order by key');
    expect(await known()).toEqual([{ key: a }]);
    await rig.rows(`update announced set record_hash = '\\x01'`);
    await rig.rows(`update announced set data = '{"sku":"b","location":"main","onHand":98}' where key = $1`, [b]);
    await again([a, b], { from: 'source' });
    expect(await known()).toEqual([{ key: a }]);
  });

  it('I3: goes above the revision that somebody holds, and tells a key that only they know as deleted', async () => {
    expect(await again([a, b, c, 'd@main'], { above: { [a]: 41, [c]: 7 } })).toEqual({
      items: [{ key: a, outcome: 'announced', revision: 42 }, { key: b, outcome: 'announced', revision: 2 }, { key: c, outcome: 'announced', revision: 8 }, { key: 'd@main', outcome: 'unknown-key', revision: null }],
    });
    expect((await sent()).map((row) => [(row as { key: string }).key, (row as { tombstone: boolean }).tombstone])).toEqual([[a, false], [b, false], [c, true]]);
    // C12: and a tombstone is said again as one.
    expect(await again([c])).toEqual({ items: [{ key: c, outcome: 'announced', revision: 9 }] });
    expect((await sent()).at(-1)).toMatchObject({ key: c, revision: 9, tombstone: true, body: '' });
  });

  it('B12: withdraws what waits in the backfill lane for the same keys', async () => {
    await rig.rows('update outbox set published_at = null, lane = 1');
    await again([a]);
    expect((await sent()).map((row) => [(row as { key: string }).key, (row as { revision: number }).revision])).toEqual([[a, 2], [b, 1]]);
  });

  it('I6: under one id it is done once, however often and at the same time it is asked for', async () => {
    const answers = await Promise.all([again([a], { actId: 'job:1' }), again([a], { actId: 'job:1' }), again([a], { actId: 'job:1' })]);
    expect(answers).toEqual(Array.from({ length: 3 }, () => ({ items: [{ key: a, outcome: 'announced', revision: 2 }] })));
    expect((await sent()).length).toBe(1);
    await expect(again([b], { actId: 'job:1' })).rejects.toMatchObject({ code: 'DOOR_ACT_DIFFERS' });
    expect(await again([b], { actId: 'job:2' })).toMatchObject({ items: [{ outcome: 'announced' }] });
  });

  it('O1: beside changes of the same keys, every revision is given once and sent once', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, round) =>
      round % 2 === 0 ? again([b, a, c]) : rig.database.transaction((tx) => announceOwn(tx, 'erp', stockLevel, [a, b].map((key) => ({ key, data: level(key, 100 + round) }))))));
    const revisions = (await rig.rows<{ key: string; revisions: number[] }>('select key, array_agg(revision::int order by revision) as revisions from outbox group by key order by key'));
    expect(revisions.map(({ key }) => key)).toEqual([a, b]);
    for (const each of revisions) expect(each.revisions).toEqual(Array.from({ length: 21 }, (_, index) => index + 1));
  });

  it('speaks only of what its service announces, and says what else is wrong', async () => {
    await expect(again([a], { entity: 'product' })).rejects.toMatchObject({ code: 'DOOR_UNKNOWN_ENTITY' });
    await expect(again([a], { entity: 'stock-reservation', from: 'source' })).rejects.toMatchObject({ code: 'DOOR_UNKNOWN_ENTITY' });
    expect(await again([a], { entity: 'stock-reservation' })).toEqual({ items: [{ key: a, outcome: 'unknown-key', revision: null }] });
    for (const bad of [{ keys: [] }, { keys: Array.from({ length: 501 }, (_, index) => `${index}@main`) }, { keys: ['x\0'] }, { keys: ['\ud800'] }, { actor: ' ' }, { reason: '' }, { dryRun: 'ture' }, { above: { [a]: 2 ** 53 } }, { table: 'outbox' }]) {
      await expect(again([a], bad)).rejects.toThrow();
    }
    expect(await acts()).toHaveLength(1);
  });
});

describe('reading the source again', () => {
  it('X3, O7: finds what was edited in the adapter’s own table, lost or never noticed, and announces what the source says', async () => {
    const rig = await openRig({ pace: { pollEveryMs: 3_600_000 } });
    try {
      for (const [index, key] of [a, b].entries()) rig.shop.put(key, 5 + index);
      rig.lease.start();
      rig.runner.start();
      await rig.agree();
      await rig.rows(`update announced set data = '{"sku":"a","location":"main","onHand":99}' where key = $1`, [a]);
      await rig.rows('delete from announced where key = $1', [b]);
      rig.shop.put(c, 7);
      const doors = { system: 'erp', database: rig.database, feeds: [rig.feed], own: [], now: () => Date.now() };
      const answer = await ask(doors, { entity: 'stock-level', keys: [a, b, c], from: 'source', actor: 'anna', reason: 'it differs', dryRun: false });
      expect(answer.items.map(({ outcome, revision }) => [outcome, revision])).toEqual([['reading', 1], ['reading', null], ['reading', null]]);
      await rig.agree();
      expect(await rig.rows(`select revision::int from announced where key = $1`, [a])).toEqual([{ revision: 2 }]);
    } finally {
      await rig.close();
    }
  });
});
