/** An owner that rolls to the next major of a state, which exists here alone: what it has said keeps its version until it says the key again. */
import { type Contract, type StockLevel, stockLevel } from '@steward/contracts';
import { answerSnapshot } from '@steward/event-bus';
import { announceAgain } from '../doors/announce-again';
import { openRig, type Rig } from '../fixtures/rig.fixture.spec';
import { announceOwn } from '../own/announce-own';
import { announceWithheld } from './announce-withheld';
import { rebuildStream, snapshotRows, withdrawBackfill } from './announced.store';
import { announceStatement } from './announce-statement';
import { renewAnnounced } from './renew';

const stockLevel2 = { ...stockLevel, major: 2 };
const [a, b, c] = ['a@main', 'b@main', 'c@main'];
const level = (key: string, onHand = 5): StockLevel => ({ sku: key.slice(0, 1), location: 'main', onHand });

describe('an owner with two majors', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await openRig();
  });
  afterAll(() => rig.close());
  beforeEach(async () => {
    await rig.rows('truncate announced, outbox, announced_again');
    await say(stockLevel, a, b, c);
    await rig.rows('update outbox set published_at = now()');
  });

  const say = (contract: Contract<StockLevel>, ...keys: string[]) => rig.database.transaction((tx) => announceOwn(tx, 'erp', contract, keys.map((key) => ({ key, data: level(key) }))));
  const waiting = async () => (await rig.rows<{ type: string; subject: string }>('select type, subject from outbox where published_at is null order by key')).map(({ type, subject }) => [type, subject]);
  const under = (major: number, ...keys: string[]) => keys.map((key) => [`erp.stock-level.v${String(major)}`, expect.stringMatching(new RegExp(`^evt\\.erp\\.stock-level\\.v${String(major)}\\.${key.slice(0, 1)}`))]);
  const majors = async () => (await rig.rows<{ major: number }>('select major from announced order by key')).map(({ major }) => major);

  it('says the same text again in the new major, once, and never a deletion for its sake', async () => {
    await rig.database.transaction((tx) => announceOwn(tx, 'erp', stockLevel, [{ key: c, data: null }]));
    await rig.rows('update outbox set published_at = now()');
    expect(await say(stockLevel2, a)).toEqual([{ key: a, revision: 2 }]);
    expect(await say(stockLevel2, a)).toEqual([]);
    expect(await rig.database.transaction((tx) => announceOwn(tx, 'erp', stockLevel2, [{ key: c, data: null }]))).toEqual([]);
    expect([await majors(), await waiting()]).toEqual([[2, 1, 1], under(2, a)]);
  });

  it('a feed says the same text again in the new major, whatever else is unchanged', async () => {
    const [row] = await rig.rows<{ hash: string; body: string }>(`select encode(hash, 'hex') as hash, data::text as body from announced where key = $1`, [a]);
    const read = (major: number) => rig.rows<{ changed: number }>(announceStatement([]), [
      'stock-level', [a], [row?.hash], [row?.body], [null], [`evt.erp.stock-level.v${String(major)}.a`], 7, 0, false, new Date(), `erp.stock-level.v${String(major)}`, 0, 'live', null, true, 600, [null], 'shop', major,
    ]);
    expect([(await read(1))[0]?.changed, (await read(2))[0]?.changed, (await read(2))[0]?.changed]).toEqual([0, 1, 0]);
    expect(await majors()).toEqual([2, 1, 1]);
  });

  it('B10: says what a lost stream held in the major in which it was said, under ids and revisions as before', async () => {
    await say(stockLevel2, b);
    await rig.rows('update outbox set published_at = now()');
    await rig.database.transaction((tx) => rebuildStream(tx, stockLevel2 as Contract, 'erp', 'second'));
    expect(await waiting()).toEqual([...under(1, a), ...under(2, b), ...under(1, c)]);
    // A second loss before it went out: nothing is said twice.
    expect(await rig.database.transaction((tx) => rebuildStream(tx, stockLevel2 as Contract, 'erp', 'third'))).toBe(0);
    expect(await rig.rows(`select distinct epoch from outbox where published_at is null`)).toEqual([{ epoch: 'third' }]);
  });

  it('B12: what waits in the older major is withdrawn when the key is said in the newer one', async () => {
    await rig.database.transaction((tx) => rebuildStream(tx, stockLevel as Contract, 'erp', null));
    await say(stockLevel2, b);
    expect(await waiting()).toEqual([...under(1, a), ...under(2, b), ...under(1, c)]);
    await rig.rows('update announced set revision = 9');
    await rig.database.transaction((tx) => withdrawBackfill(tx, stockLevel2 as Contract, [a]));
    expect(await waiting()).toEqual([...under(2, b), ...under(1, c)]);
  });

  it('X3, ADR 0024: says text again as it is written, a deletion in the major of today, and snapshots say which', async () => {
    await say(stockLevel2, b);
    await rig.database.transaction((tx) => announceOwn(tx, 'erp', stockLevel, [{ key: c, data: null }]));
    await rig.rows('update outbox set published_at = now()');
    const doors = { system: 'erp', database: rig.database, feeds: [{ ...rig.feed, contract: stockLevel2 }] as never, own: [], now: () => Date.now() };
    await announceAgain(doors, { entity: 'stock-level', keys: [a, b, c], actor: 'ada', reason: 'r', dryRun: false });
    expect(await waiting()).toEqual([...under(1, a), ...under(2, b, c)]);
    await rig.rows('update outbox set published_at = now()');
    await rig.database.transaction((tx) => renewAnnounced(tx, 'erp', [stockLevel2 as Contract], 2 ** 20));
    expect(await waiting()).toEqual([...under(1, a), ...under(2, b, c)]);
    const { items } = await answerSnapshot(rig.database, snapshotRows, { entity: 'stock-level' });
    expect(items.map(({ key, major }) => [key, major])).toEqual([[a, 1], [b, 2], [c, 1]]);
  });

  it('a key that is withheld is told as deleted in the major of today', async () => {
    await rig.database.transaction((tx) => announceWithheld(tx, 'erp', stockLevel2 as Contract, [a], { at: new Date() }));
    expect([await waiting(), await majors()]).toEqual([under(2, a), [2, 1, 1]]);
  });
});
