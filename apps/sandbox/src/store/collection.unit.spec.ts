import fc from 'fast-check';
import { Collection, type Entry } from './collection';

type Step = { kind: 'put'; id: string; at: number } | { kind: 'remove'; id: string };

const ids = fc.constantFrom('a', 'b', 'c', '.', 'Z', '😀', 'b b', '*');
const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('put' as const), id: ids, at: fc.integer({ min: 0, max: 5 }) }),
    fc.record({ kind: fc.constant('remove' as const), id: ids }),
  ),
  { maxLength: 60 },
);

const inOrder = (a: Entry, b: Entry) => a.modifiedAt - b.modifiedAt || (a.id < b.id ? -1 : 1);

function play(all: readonly Step[]): { collection: Collection; model: Map<string, Entry> } {
  const collection = new Collection();
  const model = new Map<string, Entry>();
  all.forEach((step, index) => {
    if (step.kind === 'remove') {
      expect(collection.remove(step.id)).toBe(model.delete(step.id));
      return;
    }
    const entry = { id: step.id, modifiedAt: step.at, version: index, json: `${index}` };
    collection.put(entry);
    model.set(step.id, entry);
  });
  return { collection, model };
}

function walk(page: (last: Entry | undefined) => Entry[]): Entry[] {
  const seen: Entry[] = [];
  for (let found = page(undefined); found.length > 0; found = page(seen.at(-1))) seen.push(...found);
  return seen;
}

test('pages by change give every living record once, in order, however it was written and read', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 4 }), (all, limit) => {
      const { collection, model } = play(all);
      const seen = walk((last) => collection.changedAfter(last ?? { modifiedAt: -1, id: '' }, limit));
      expect(seen).toEqual([...model.values()].sort(inOrder));
    }),
  );
});

test('pages by id give every living record once, also when records come and go between looks', () => {
  fc.assert(
    fc.property(steps, steps, fc.integer({ min: 1, max: 4 }), (before, after, limit) => {
      const { collection } = play(before);
      collection.all();
      const present = new Set(collection.all().map((entry) => entry.id));
      for (const step of after) {
        if (step.kind === 'remove') {
          collection.remove(step.id);
          present.delete(step.id);
        } else {
          collection.put({ id: step.id, modifiedAt: step.at, version: 0, json: '' });
          present.add(step.id);
        }
      }
      const seen = walk((last) => collection.listedAfter(last?.id ?? '', limit)).map((entry) => entry.id);
      expect(seen).toEqual([...present].sort((a, b) => (a < b ? -1 : 1)));
      expect(collection.size).toBe(present.size);
    }),
  );
});

test('a poll at the end does not scan what was overtaken: ten thousand changes of one record leave few dead slots', () => {
  const collection = new Collection();
  for (let at = 0; at < 10_000; at += 1) collection.put({ id: 'hot', modifiedAt: at, version: at, json: '' });
  expect((collection as unknown as { changes: Entry[] }).changes.length).toBeLessThan(1_100);
  expect(collection.changedAfter({ modifiedAt: 0, id: '' }, 10).map((entry) => entry.version)).toEqual([9_999]);
});
