/** What the announcer does with suspicious prices, on a real database: times are those of the reads, so hours pass at once. */
import { caseContract, type Contract, type Price, price } from '@steward/contracts';
import { lanes } from '@steward/event-bus';
import { createLogger, manualClock, type ManualClock } from '@steward/platform';
import { eventually } from '@steward/testing';
import { z } from 'zod';
import { Announcer } from '../announce/announcer';
import { ReadNumbers } from '../announce/read-numbers';
import { openRig, type Rig } from '../fixtures/rig.fixture.spec';
import { defineFeed, type Feed } from '../source/define';
import { guardWindowMs } from './change-rules';
import { decideHeldChange, listHeld, listHeldItems } from './decide-held';
import { toldHeldChanges } from './told-held-changes';

const guard: Contract['guard'] = {
  delete: { max: 100, ratio: 0.1 },
  changes: [
    { field: 'currency', when: 'differs', max: 0, ratio: 0 },
    { field: 'amount', when: 'zero', max: 2, ratio: 0 },
    { field: 'amount', when: 'moves', by: 0.5, max: 5, ratio: 0.01 },
  ],
};

const wire = z.object({ id: z.string(), amount: z.number(), currency: z.string(), label: z.string() });
type Item = z.output<typeof wire>;

const translate = ({ id, amount, currency, label }: Item): Price => ({
  id, sku: label, market: 'eu', currency, customerGroup: 'public', minQuantity: 1, validFrom: null, validTo: null, amount, taxMode: 'included',
});

describe('X6: the guard of changes', () => {
  let rig: Rig;
  let clock: ManualClock;
  let reads: ReadNumbers;
  let announcer: Announcer;

  const another = (rules = guard.changes): Announcer => {
    const { changes, rewind, all, byKeys, pace } = rig.feed;
    const feed: Feed = defineFeed({ contract: { ...price, guard: { ...guard, changes: rules } }, wire, keyOf: ({ id }) => id, translate, rawKeyOf: (raw) => (raw as Item).id, changes, rewind, all, byKeys, pace });
    return new Announcer({ system: 'pricing', vendor: 'shop', feed, database: rig.database, lease: rig.lease, reads, logger: createLogger({ service: 'kit-test', level: 'silent' }) });
  };

  beforeEach(async () => {
    rig = await openRig();
    rig.lease.start();
    await eventually(() => rig.lease.fence() !== undefined);
    clock = manualClock();
    reads = new ReadNumbers(rig.database, clock);
    announcer = another();
  });
  afterEach(() => rig.close());

  const keys = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, n) => `p-${String(from + n).padStart(3, '0')}`);
  const items = (ids: readonly string[], change: Partial<Item> = {}): Item[] => ids.map((id) => ({ id, amount: 1_000, currency: 'EUR', label: 'sku', ...change }));
  const say = async (page: readonly Item[], by = announcer): Promise<void> => {
    const read = await reads.begin();
    await by.announce({ read, items: page, lane: lanes.live }).finally(() => reads.end(read));
  };
  const announced = async (ids: readonly string[]): Promise<number[]> =>
    (await rig.rows<{ amount: number }>(`select (data->>'amount')::int as amount from announced where key = any($1::text[]) order by key`, [ids])).map(({ amount }) => amount);
  const outbox = async (): Promise<number> => (await rig.rows<{ n: number }>('select count(*)::int as n from outbox'))[0]?.n ?? 0;
  const inDoubt = async (): Promise<string[]> => ((await announcer.keysInDoubt(1_000)) ?? []).toSorted();
  const all = keys(0, 100);
  const imported = (): Promise<void> => say(items(all));

  it('a page of wrong prices puts none through and opens one case with its diff and owner; what is sound on the page flows', async () => {
    await imported();
    await say([...items(keys(0, 40), { amount: 1 }), ...items(keys(40, 50), { amount: 1_100 })]);
    expect(new Set(await announced(keys(0, 40)))).toEqual(new Set([1_000]));
    expect(new Set(await announced(keys(40, 50)))).toEqual(new Set([1_100]));
    const cases = await listHeld(rig.database);
    expect(cases).toEqual([expect.objectContaining({ entity: 'price', rule: 'amount-moves', kind: 'moves', state: 'open', count: 40, total: 100, owner: expect.objectContaining({ team: 'Pricing' }) as unknown })]);
    expect(cases[0]?.sample).toHaveLength(20);
    expect(cases[0]?.sample[0]).toEqual({ key: 'p-000', was: '1000', becomes: '1' });
    expect(await listHeldItems(rig.database, cases[0]?.id ?? '', 'p-037', 10)).toEqual(['p-038', 'p-039'].map((key) => expect.objectContaining({ key, was: '1000', becomes: '1', data: expect.objectContaining({ id: key, amount: 1 }) as unknown })));
    // Told as a case of its owner, without keys and values.
    const [row = {}] = await rig.database.query(`select id, ${toldHeldChanges.select} from held_change`);
    const told = toldHeldChanges.toData(row, 'pricing');
    expect(caseContract.validateProduced(told)).toEqual([]);
    expect(told).toMatchObject({ caseId: cases[0]?.id, kind: 'held-change', entity: 'price', key: null, state: 'open', counts: { affected: 40 } });
    expect(await inDoubt()).toEqual(keys(0, 40));
  });

  it('T3: without the rules that scenario puts all of them through', async () => {
    const unguarded = another([]);
    await say(items(all), unguarded);
    await say(items(keys(0, 40), { amount: 1 }), unguarded);
    expect(new Set(await announced(keys(0, 40)))).toEqual(new Set([1]));
  });

  it('an import is never suspicious, nor is a new key later', async () => {
    await say(items(all, { amount: 0 }));
    await say(items(keys(100, 150), { amount: 0 }));
    expect(await announced(keys(0, 150))).toHaveLength(150);
    expect(await listHeld(rig.database)).toEqual([]);
  });

  it('many small steps are one big one: what passed within the hour counts, and is forgotten after it', async () => {
    await imported();
    for (const key of keys(0, 5)) await say(items([key], { amount: 1 }));
    clock.advance(1_000);
    await say(items(['p-000'], { amount: 2 }));
    await say(items(['p-005'], { amount: 1 }));
    expect(await announced(keys(0, 6))).toEqual([2, 1, 1, 1, 1, 1_000]);
    clock.advance(guardWindowMs + 1_000);
    await say(items(['p-006'], { amount: 1 }));
    expect(await announced(keys(5, 7))).toEqual([1_000, 1]);
    // Held ones stay held, however free the allowance is.
    await say(items(['p-005'], { amount: 1 }));
    expect(await announced(['p-005'])).toEqual([1_000]);
    expect(await listHeld(rig.database)).toHaveLength(1);
  });

  it('many small moves of one key are one big one, and the way back is none', async () => {
    await imported();
    for (const amount of [700, 510]) {
      clock.advance(60_000);
      await say(items(keys(0, 40), { amount }));
    }
    await say(items(keys(0, 40), { amount: 400 }));
    expect(new Set(await announced(keys(0, 40)))).toEqual(new Set([510]));
    await say(items(keys(0, 40), { amount: 1_000 }));
    expect(new Set(await announced(keys(0, 40)))).toEqual(new Set([1_000]));
    expect(await listHeld(rig.database)).toEqual([]);
    // After an hour of its own it is a new beginning.
    await say(items(keys(0, 40), { amount: 510 }));
    clock.advance(guardWindowMs + 1_000);
    await say(items(keys(0, 40), { amount: 300 }));
    expect(new Set(await announced(keys(0, 40)))).toEqual(new Set([300]));
  });

  it('each rule has one case: a swapped currency, and prices of zero', async () => {
    await imported();
    await say([...items(keys(0, 1), { currency: 'USD' }), ...items(keys(10, 13), { amount: 0 })]);
    await say(items(keys(1, 10), { currency: 'USD' }));
    expect((await listHeld(rig.database)).map(({ rule, count }) => [rule, count])).toEqual(expect.arrayContaining([['currency-differs', 10], ['amount-zero', 3]]));
    expect(await rig.rows(`select distinct data->>'currency' as c from announced`)).toEqual([{ c: 'EUR' }]);
  });

  it('the same seen again writes nothing; something sound supersedes it, and closes the case with the last item', async () => {
    await imported();
    await say(items(keys(0, 6), { amount: 1 }));
    const [before] = await listHeld(rig.database);
    clock.advance(1_000);
    await say(items(keys(0, 6), { amount: 1 }));
    expect(await listHeld(rig.database)).toEqual([before]);
    await say(items(keys(0, 5), { amount: 990 }));
    expect(await listHeld(rig.database)).toEqual([expect.objectContaining({ count: 1, sample: [{ key: 'p-005', was: '1000', becomes: '1' }] })]);
    // Equal to what is announced: nothing is written, and yet it is good news.
    await say(items(['p-005']));
    expect(await listHeld(rig.database)).toEqual([]);
    expect(await inDoubt()).toEqual([]);
    expect(await rig.rows('select state, closed_reason is not null as told from held_change')).toEqual([{ state: 'resolved', told: true }]);
  });

  it('O7: what an older read says supersedes nothing', async () => {
    await imported();
    const older = await reads.begin();
    await say(items(keys(0, 6), { amount: 1 }));
    await announcer.announce({ read: older, items: items(keys(0, 6), { amount: 990 }), lane: lanes.live }).finally(() => reads.end(older));
    expect(await inDoubt()).toEqual(keys(0, 6));
  });

  it('knows what is held after a restart', async () => {
    await imported();
    await say(items(keys(0, 6), { amount: 1 }));
    announcer = another();
    await announcer.load();
    await say(items(keys(0, 6), { amount: 990 }));
    expect(await inDoubt()).toEqual([]);
  });

  it('I6: released, what its owner saw goes out, and what differs from it is held anew; who and why are kept', async () => {
    await imported();
    await say(items(keys(0, 40), { amount: 1 }));
    const [held] = await listHeld(rig.database);
    await decideHeldChange(rig.database, held?.id ?? '', 'release', { actor: 'ines', reason: 'clearance' });
    expect((await rig.rows<{ keys: string[] }>('select keys from hint')).flatMap((hint) => hint.keys).toSorted()).toEqual(keys(0, 40));
    const before = await outbox();
    await say([...items(keys(0, 39), { amount: 1 }), ...items(['p-039'], { amount: 2 })]);
    expect(await announced(keys(0, 40))).toEqual([...Array.from({ length: 39 }, () => 1), 1_000]);
    expect(await outbox()).toBe(before + 39);
    expect((await listHeld(rig.database)).map(({ state, count }) => [state, count])).toEqual([['open', 1]]);
    expect(await rig.rows(`select state, closed_by from held_change where state <> 'open'`)).toEqual([{ state: 'applied', closed_by: 'ines' }]);
    expect(await rig.rows('select act, actor, reason from held_change_act')).toEqual([{ act: 'release', actor: 'ines', reason: 'clearance' }]);
    // What was released is what the next changes are compared with, and used up no allowance.
    await say([...items(keys(0, 39), { amount: 1, label: 'new' }), ...items(keys(40, 44), { amount: 1 })]);
    expect(new Set(await announced(keys(40, 44)))).toEqual(new Set([1]));
    expect(await rig.rows(`select distinct data->>'sku' as sku from announced where key < 'p-039'`)).toEqual([{ sku: 'new' }]);
  });

  it('I6: refused, it stays held until the source says something sound, and another wrong value is another case', async () => {
    await imported();
    await say(items(keys(0, 6), { amount: 1 }));
    const [held] = await listHeld(rig.database);
    const id = held?.id ?? '';
    await decideHeldChange(rig.database, id, 'refuse', { actor: 'ines', reason: 'a lost decimal point' });
    await say(items(keys(0, 6), { amount: 1 }));
    expect(await inDoubt()).toEqual(keys(0, 6));
    expect((await listHeld(rig.database)).map(({ state, count }) => [state, count])).toEqual([['refused', 6]]);
    clock.advance(1_000);
    await say(items(['p-000'], { amount: 2 }));
    expect((await listHeld(rig.database)).map(({ state, count }) => [state, count])).toEqual([['refused', 5], ['open', 1]]);
    await decideHeldChange(rig.database, id, 'release', { actor: 'omar', reason: 'it is right after all' });
    await say(items(keys(0, 6), { amount: 1 }));
    expect(await announced(keys(0, 6))).toEqual([1_000, 1, 1, 1, 1, 1]);
    expect((await rig.rows<{ act: string; actor: string }>('select act, actor from held_change_act order by at')).map(({ act, actor }) => `${actor} ${act}`)).toEqual(['ines refuse', 'omar release']);
    await expect(decideHeldChange(rig.database, id, 'release', { actor: 'omar', reason: 'again' })).rejects.toMatchObject({ code: 'HELD_CHANGE_UNKNOWN' });
    await expect(decideHeldChange(rig.database, id, 'refuse', { actor: 'omar', reason: ' ' })).rejects.toThrow('needs an actor and a reason');
  });

  it('a transaction that fails holds nothing and remembers nothing', async () => {
    await imported();
    const read = await reads.begin();
    const broken = announcer.announce({ read, items: items(keys(0, 6), { amount: 1 }), lane: lanes.live, also: () => Promise.reject(new Error('broken')) });
    await expect(broken).rejects.toThrow('broken');
    reads.end(read);
    expect(await listHeld(rig.database)).toEqual([]);
    await say(items(keys(0, 6), { amount: 1 }));
    expect((await listHeld(rig.database)).map(({ count }) => count)).toEqual([6]);
  });
});
