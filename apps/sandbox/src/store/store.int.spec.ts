import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@steward/testing';
import { findSpec } from '../records/systems';
import { Store } from './store';

const products = findSpec('pim', 'products');
const silent = () => undefined;
let folder: string;
const open: Store[] = [];

function start(): Store {
  const store = new Store();
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

test('a late commit carries its early stamp, and survives a restart before it is visible', async () => {
  const before = start();
  const [stamped] = before.write(products, [{ id: 'late', record: {} }], 300, silent);
  before.write(products, [{ id: 'early', record: {} }], 0, silent);
  before.close();
  const after = start();
  expect(read(after, 'late')).toBeUndefined();
  await eventually(() => read(after, 'late'));
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
