import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '@steward/platform';
import { eventually } from '@steward/testing';
import { collections } from '../records/collections';
import { findSpec } from '../records/systems';
import { Store } from './store';

const products = findSpec('pim', 'products');
const { stock, shipments } = collections;
const silent = () => undefined;
let folder: string;
const open: Store[] = [];

/** Far enough that no machine is slow enough to reach it. */
const MUCH_LATER_MS = 3_600_000;
const muchLater: Clock = { ...systemClock, now: () => Date.now() + MUCH_LATER_MS };

function start(clock?: Clock): Store {
  const store = new Store(clock);
  store.open(folder);
  open.push(store);
  return store;
}

function read(store: Store, id: string): Record<string, unknown> | undefined {
  const entry = store.of(products).get(id);
  return entry && (JSON.parse(entry.json) as Record<string, unknown>);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sandbox-store-'));
});

afterEach(() => {
  for (const store of open.splice(0)) store.close();
  rmSync(folder, { recursive: true, force: true });
});

test('what was written is there after a kill, also with line separators that readline would split at', () => {
  const before = start();
  before.write(products, [{ id: 'a\u2028b', record: { note: 'x\u2028y\nz' } }, { id: 'gone', record: {} }], 0, silent);
  before.remove(products, 'gone', silent);
  const after = start();
  expect(read(after, 'a\u2028b')).toMatchObject({ note: 'x\u2028y\nz', version: 1 });
  expect(read(after, 'gone')).toBeUndefined();
});

test('a line torn by a kill is forgotten and the next run appends to a whole file', () => {
  start().write(products, [{ id: 'a', record: {} }], 0, silent);
  appendFileSync(join(folder, 'journal.ndjson'), '{"collection":"pim/produ');
  start().write(products, [{ id: 'b', record: {} }], 0, silent);
  expect(start().of(products).all().map((entry) => entry.id)).toEqual(['a', 'b']);
});

test('a journal that is none is refused with its line', () => {
  writeFileSync(join(folder, 'journal.ndjson'), 'not a journal\n');
  expect(() => start()).toThrow(expect.objectContaining({ code: 'SANDBOX_JOURNAL_CORRUPT' }));
});

test('versions go on growing after the newest record was deleted and the journal compacted', () => {
  const before = start();
  before.write(products, [{ id: 'a', record: {} }], 0, silent);
  before.write(products, [{ id: 'b', record: {} }], 0, silent);
  before.remove(products, 'b', silent);
  start();
  const [again] = start().write(products, [{ id: 'b', record: {} }], 0, silent);
  expect(again?.version).toBe(3);
});

test('compaction drops what was overtaken', () => {
  const before = start();
  for (let count = 0; count < 100; count += 1) before.write(products, [{ id: 'a', record: { count } }], 0, silent);
  start();
  expect(readFileSync(join(folder, 'journal.ndjson'), 'utf8').split('\n').length).toBeLessThan(10); // the record, the last version of each collection, the end
});

test('a late commit carries its early stamp, and survives a restart before it is visible', () => {
  const before = start();
  const [stamped] = before.write(products, [{ id: 'late', record: {} }], MUCH_LATER_MS, silent);
  before.write(products, [{ id: 'early', record: {} }], 0, silent);
  before.close();
  const between = start();
  expect(read(between, 'late')).toBeUndefined();
  between.close();
  const after = start(muchLater);
  expect(after.of(products).get('late')?.modifiedAt).toBe(stamped?.modifiedAt);
  expect(start().of(products).size).toBe(2);
});

test('the last request about an id wins over a commit still under way', async () => {
  const store = start();
  store.write(products, [{ id: 'a', record: { says: 'slow' } }], 100, silent);
  store.write(products, [{ id: 'a', record: { says: 'fast' } }], 0, silent);
  store.write(products, [{ id: 'b', record: {} }], 150, silent);
  await eventually(() => read(store, 'b'));
  expect(read(store, 'a')).toMatchObject({ says: 'fast' });
});

test('a deletion ends a commit still under way', async () => {
  const store = start();
  store.write(products, [{ id: 'a', record: {} }], 50, silent);
  expect(store.remove(products, 'a', silent)).toBe(true);
  store.write(products, [{ id: 'b', record: {} }], 100, silent);
  await eventually(() => read(store, 'b'));
  expect(read(store, 'a')).toBeUndefined();
});

const parcel = (pieces: number) => ({ reference: 'W-1', warehouse: 'HAM', state: 'shipped', positions: [{ line: null, article: 'A', pieces }] });
const onHand = (store: Store) => (store.read(stock, 'A@HAM') ?? {})['quantity'];

test('a commit whose last line a kill tore off is forgotten as a whole', () => {
  const before = start();
  before.write(stock, [{ id: 'A@HAM', record: { quantity: 5 } }], 0, silent);
  before.write(shipments, [{ id: 'D-1', record: parcel(2) }], 0, silent);
  expect([onHand(before), before.of(shipments).size]).toEqual([3, 1]);
  before.close();
  const file = join(folder, 'journal.ndjson');
  const lines = readFileSync(file, 'utf8').split('\n');
  writeFileSync(file, lines.slice(0, -2).join('\n') + '\n' + lines.at(-2)?.slice(0, 20));
  const after = start();
  expect([onHand(after), after.of(shipments).size]).toEqual([5, 0]);
});

test('what follows from a late commit follows when it appears, once, over however many restarts', async () => {
  const before = start();
  before.write(stock, [{ id: 'A@HAM', record: { quantity: 5 } }], 0, silent);
  before.write(shipments, [{ id: 'D-1', record: parcel(2) }], 150, silent);
  expect(onHand(before)).toBe(5);
  before.close();
  const after = start();
  await eventually(() => after.of(shipments).size === 1);
  expect(onHand(after)).toBe(3);
  after.close();
  const again = start();
  expect([onHand(again), again.of(shipments).size]).toEqual([3, 1]);
});

test('a late commit that fell due while nobody ran appears at the start', async () => {
  const before = start();
  before.write(stock, [{ id: 'A@HAM', record: { quantity: 5 } }], 0, silent);
  before.write(shipments, [{ id: 'D-1', record: parcel(2) }], 1, silent);
  before.close();
  const due = Date.now() + 2;
  await eventually(() => Date.now() > due);
  expect(onHand(start())).toBe(3);
  expect(onHand(start())).toBe(3);
});

test('records are found by what they are filed under, and not by what they were', () => {
  const store = start();
  store.write(shipments, [{ id: 'D-2', record: { reference: 'W-1' } }, { id: 'D-1', record: { reference: 'W-1' } }], 0, silent);
  store.write(shipments, [{ id: 'D-2', record: { reference: 'W-2' } }], 0, silent);
  const under = (one: Store, reference: string) => one.of(shipments).filed(reference).map(({ id }) => id);
  expect([under(store, 'W-1'), under(store, 'W-2')]).toEqual([['D-1'], ['D-2']]);
  store.remove(shipments, 'D-1', silent);
  expect([under(store, 'W-1'), under(store, 'W-2')]).toEqual([[], ['D-2']]);
  expect(under(start(), 'W-2')).toEqual(['D-2']);
});
