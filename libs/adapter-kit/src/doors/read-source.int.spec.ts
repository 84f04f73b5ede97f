import { type Caller, currentCaller } from '../http/caller';
import { openRig, type Rig, type RigOptions } from '../fixtures/rig.fixture.spec';
import { answerReadSource } from './doors.controller';

const [a, b, c] = ['a@main', 'b@main', 'c@main'];

describe('reading what the source says', () => {
  let rig: Rig;
  const open = async (options: RigOptions = {}): Promise<void> => {
    rig = await openRig(options);
    for (const [index, key] of [a, b].entries()) rig.shop.put(key, 5 + index);
  };
  afterEach(() => rig.close());

  const reading = () => ({ system: 'erp', database: rig.database, feeds: [rig.feed], signal: new AbortController().signal });
  const read = (question: object) => answerReadSource(reading(), { entity: 'stock-level', ...question }) as Promise<{ readonly items: readonly { readonly key: string; readonly hash: string | null }[] }>;
  const announced = async (...keys: string[]) => {
    rig.lease.start();
    rig.runner.start();
    await rig.agree();
    await rig.runner.stop();
    return rig.rows<{ key: string; hash: string; record: string }>(`select key, encode(hash, 'hex') as hash, encode(record_hash, 'hex') as record from announced where key = any($1) order by key`, [keys]);
  };

  it('X1: tells it in our words, with the hash that it would be announced under, and announces nothing', async () => {
    await open();
    const known = await announced(a, b);
    rig.shop.put(b, 66);
    const outbox = await rig.outbox();
    const answer = await read({ keys: [b, 'never@main', a, b] });
    expect(answer).toEqual({
      items: [
        { key: b, hash: expect.any(String), data: { sku: 'b', location: 'main', onHand: 66 }, fault: null, version: expect.any(Number), record: { hash: expect.not.stringMatching(known[1]?.record ?? ''), by: 'development' } },
        { key: 'never@main', hash: null, data: null, fault: null, version: null, record: null },
        { key: a, hash: known[0]?.hash, data: { sku: 'a', location: 'main', onHand: 5 }, fault: null, version: expect.any(Number), record: { hash: known[0]?.record, by: 'development' } },
      ],
      left: [],
      major: 1,
    });
    expect(answer.items[0]).not.toMatchObject({ hash: known[1]?.hash });
    expect(await rig.outbox()).toEqual(outbox);
  });

  it('names the fault of what can not be told, item by item', async () => {
    await open();
    rig.shop.put(c, 'many');
    expect((await read({ keys: [a, c] })).items).toEqual([expect.objectContaining({ key: a, fault: null }), { key: c, hash: null, data: null, fault: { class: 'schema', message: expect.stringContaining('/count') }, version: null, record: null }]);
  });

  it('X6: believes that something announced is gone only where others are shown', async () => {
    await open();
    await announced();
    rig.shop.remove(b);
    expect((await read({ keys: [b] })).items).toEqual([{ key: b, hash: null, data: null, fault: null, version: null, record: null }]);
    // An empty answer.
    rig.shop.spoil('byKeys', (page) => ({ ...page, items: [] }));
    expect((await read({ keys: [b, 'never@main'] })).items).toEqual([
      { key: b, hash: null, data: null, fault: { class: 'inconsistent', message: expect.stringContaining('neither this nor any of 1 others') }, version: null, record: null },
      { key: 'never@main', hash: null, data: null, fault: null, version: null, record: null },
    ]);
    rig.shop.spoil('byKeys', (page) => ({ ...page, items: [{ count: 1 }] }));
    expect((await read({ keys: [b] })).items).toMatchObject([{ fault: { class: 'inconsistent' } }]);
  });

  it('tells what is withheld as not there', async () => {
    await open({ withheld: async (_tx, keys) => new Set(keys.filter((key) => key === a || key === c)) });
    rig.shop.put(c, 'many');
    expect((await read({ keys: [a, b, c] })).items).toMatchObject([{ key: a, data: null, hash: null, fault: null }, { key: b, data: { onHand: 6 } }, { key: c, data: null, fault: null }]);
    expect((await read({ ask: 'page', after: null })).items.map((item) => [item.key, item.hash === null])).toEqual([[b, false], [a, true], [c, true]].toSorted());
  });

  it('shows everything page by page, with what can not be told in it', async () => {
    await open({ pageSize: 2 });
    rig.shop.put(c, 'many');
    const first = (await read({ ask: 'page', after: null })) as unknown as { next: string };
    expect(first).toEqual({ items: [a, b].map((key) => ({ key, hash: expect.stringMatching(/^[0-9a-f]{32}$/), fault: null, version: expect.any(Number) })), nameless: 0, next: expect.any(String), total: 3 });
    expect(await read({ ask: 'page', after: first.next })).toEqual({ items: [{ key: c, hash: null, fault: { class: 'schema', message: expect.any(String) }, version: null }], nameless: 0, next: null, total: 3 });
  });

  it('R3: asks the source in the lowest lane, and no longer than somebody waits for the answer', async () => {
    await open();
    const callers: Caller[] = [];
    const feeds = [{ ...rig.feed, byKeys: async (keys: readonly string[], signal: AbortSignal) => (callers.push(currentCaller()), rig.feed.byKeys(keys, signal)) }];
    await answerReadSource({ ...reading(), feeds }, { entity: 'stock-level', keys: [a] });
    expect(callers).toEqual([{ lane: 'background', until: expect.any(Number), signal: expect.any(AbortSignal) }]);
  });

  it('refuses what is no question', async () => {
    await open();
    for (const bad of [{ keys: [] }, { keys: Array.from({ length: 201 }, (_, index) => `${index}@main`) }, { keys: [a], entity: 'product' }, { ask: 'page' }, { keys: [a], reveal: 'yes' }]) await expect(read(bad)).rejects.toThrow();
  });
});
