// X1: every statement that writes what is announced keeps its digest.
import { type Contract, type StockLevel, stockLevel } from '@steward/contracts';
import { answerAnnounceAgain, lanes, scrubDigest } from '@steward/event-bus';
import { createLogger, systemClock } from '@steward/platform';
import { eventually } from '@steward/testing';
import { announceWithheld } from '../announce/announce-withheld';
import { Announcer } from '../announce/announcer';
import { ReadNumbers } from '../announce/read-numbers';
import { openRig, type Rig } from '../fixtures/rig.fixture.spec';
import { announceOwn } from '../own/announce-own';
import { announceAgain } from './announce-again';

const keys = Array.from({ length: 20 }, (_, index) => `${String(index)}@main`);
const level = (key: string, onHand: number): StockLevel => ({ sku: key.slice(0, key.indexOf('@')), location: 'main', onHand });

describe('what is announced', () => {
  let rig: Rig;
  let announcer: Announcer;
  beforeAll(async () => {
    rig = await openRig({ versions: false });
    rig.lease.start();
    await eventually(() => rig.lease.fence() !== undefined);
    announcer = new Announcer({ system: 'erp', vendor: 'shop', feed: rig.feed, database: rig.database, lease: rig.lease, reads: new ReadNumbers(rig.database, systemClock), logger: createLogger({ service: 'kit-test', level: 'silent' }) });
  });
  afterAll(() => rig.close());

  const scrubbed = () => rig.database.transaction((tx) => scrubDigest(tx, 'announced', 'stock-level'));
  const read = async (count: number, deleted: readonly string[] = []): Promise<void> => {
    const begun = await announcer.reads.begin();
    await announcer.announce({ read: begun, items: keys.filter((key) => !deleted.includes(key)).map((id) => ({ id, count, at: 1, version: 0 })), deleted, lane: lanes.live });
    announcer.reads.end(begun);
  };
  const again = (more: object) => answerAnnounceAgain((sound) => announceAgain({ system: 'erp', database: rig.database, feeds: [rig.feed], own: [], now: () => Date.now() }, sound), { entity: 'stock-level', keys, actor: 'anna', reason: 'a test', dryRun: false, ...more });
  const own = (onHand: number | null) => rig.database.transaction((tx) => announceOwn(tx, 'erp', stockLevel, keys.map((key) => ({ key, data: onHand === null ? null : level(key, onHand) }))));

  it.each<[string, number, () => Promise<unknown>]>([
    ['a page of a feed', 20, () => read(1)],
    ['a page that changes what was there', 20, () => read(2)],
    ['a deletion', 17, () => read(2, keys.slice(0, 3))],
    ['a page that shows it again', 20, () => read(2)],
    ['own states', 20, () => own(3)],
    ['the end of own states', 0, () => own(null)],
    ['own states that come back', 20, () => own(4)],
    ['what is withheld', 18, () => rig.database.transaction((tx) => announceWithheld(tx, 'erp', stockLevel as Contract, ['1@main', '2@main', 'never@main'], { at: new Date() }))],
    ['announcing again', 18, () => again({ above: { 'nobody@main': 7, '3@main': 70 } })],
  ])('is summed up after %s', async (_what, count, write) => {
    await write();
    expect(await scrubbed()).toEqual({ keys: count, edited: 0, mended: 0 });
  });

  it('is summed up after a look at the source that takes the hash of what was edited', async () => {
    await rig.rows(`update announced set data = '{"sku":"3","location":"main","onHand":99}' where key = '3@main'`);
    expect(await scrubbed()).toEqual({ keys: 18, edited: 1, mended: 0 });
    await again({ from: 'source' });
    expect(await scrubbed()).toEqual({ keys: 18, edited: 0, mended: 0 });
  });
});
