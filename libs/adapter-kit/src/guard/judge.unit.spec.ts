import fc from 'fast-check';
import { judgeDeletion, judgePass, sortSuspects, type Standing } from './judge';

const guard = { delete: { max: 50, ratio: 0.1 } };

describe('X6: the guard', () => {
  it('holds an empty answer, but not an empty source of which nothing was announced', () => {
    expect(judgePass({ accounted: 0, nameless: 0, total: 0, alive: 7 })).toMatchObject({ held: true, kind: 'empty' });
    expect(judgePass({ accounted: 0, nameless: 0, total: 0, alive: 0 })).toEqual({ held: false });
  });

  it('holds a pass that shows fewer than the source says it has', () => {
    expect(judgePass({ accounted: 9, nameless: 0, total: 10, alive: 10 })).toMatchObject({ held: true, kind: 'truncated' });
    expect(judgePass({ accounted: 9, nameless: 1, total: 10, alive: 10 })).toEqual({ held: false });
    expect(judgePass({ accounted: 9, nameless: 0, total: null, alive: 10 })).toEqual({ held: false });
  });

  it('lets through what is under either bound, and holds what is over both', () => {
    expect(judgeDeletion(guard, { missing: 50, recent: 0, alive: 100 })).toEqual({ held: false });
    expect(judgeDeletion(guard, { missing: 51, recent: 0, alive: 100 })).toMatchObject({ held: true, kind: 'shrunken' });
    expect(judgeDeletion(guard, { missing: 51, recent: 0, alive: 10_000 })).toEqual({ held: false });
  });

  it('counts what was deleted lately in other ways: many small steps are one big one', () => {
    expect(judgeDeletion(guard, { missing: 1, recent: 50, alive: 100 })).toMatchObject({ held: true, kind: 'shrunken' });
  });

  it('never lets everything through, however little that is', () => {
    expect(judgeDeletion(guard, { missing: 3, recent: 0, alive: 3 })).toMatchObject({ held: true, kind: 'empty' });
    expect(judgeDeletion(guard, { missing: 0, recent: 0, alive: 0 })).toEqual({ held: false });
  });
});

describe('X6: suspicious changes of a batch', () => {
  const rule = { name: 'amount-moves', max: 3, ratio: 0.1 };
  const batch = (...keys: string[]) => keys.map((key) => ({ key, becomes: '1' }));
  const standing = (given: Partial<Standing> = {}): Standing => ({ others: 0, alive: 20, held: new Map(), ...given });

  it('pass together under either bound, and are held together over both', () => {
    expect(sortSuspects(rule, batch('a', 'b', 'c'), standing())).toEqual({ passed: ['a', 'b', 'c'], released: [], held: [] });
    expect(sortSuspects(rule, batch('a', 'b', 'c', 'd'), standing())).toEqual({ passed: [], released: [], held: ['a', 'b', 'c', 'd'] });
    expect(sortSuspects(rule, batch('a', 'b', 'c', 'd'), standing({ alive: 40 })).passed).toHaveLength(4);
    expect(sortSuspects(rule, batch('a'), standing({ others: 3 })).held).toEqual(['a']);
  });

  it('a held key is not let through by an allowance that is free again, and a released one only as what its owner saw', () => {
    const held = (released: boolean, becomes = '1', name = rule.name) => standing({ held: new Map([['a', { rule: name, becomes, released }]]) });
    expect(sortSuspects(rule, batch('a', 'b'), held(false))).toEqual({ passed: ['b'], released: [], held: ['a'] });
    expect(sortSuspects(rule, batch('a'), held(true))).toEqual({ passed: [], released: ['a'], held: [] });
    expect(sortSuspects(rule, batch('a'), held(true, '2')).held).toEqual(['a']);
    expect(sortSuspects(rule, batch('a'), held(true, '1', 'amount-zero')).held).toEqual(['a']);
  });

  it('whatever comes in whatever batches, each key is in one place, and no more pass than the contract allows', () => {
    const batches = fc.array(fc.uniqueArray(fc.nat(60), { maxLength: 25 }), { maxLength: 20 });
    const numbers = { max: fc.nat(12), ratio: fc.double({ min: 0, max: 1, noNaN: true }), alive: fc.integer({ min: 1, max: 200 }) };
    fc.assert(
      fc.property(batches, fc.record(numbers), (steps, { max, ratio, alive }) => {
        const passed = new Set<string>();
        const held = new Map<string, { rule: string; becomes: string; released: boolean }>();
        for (const step of steps) {
          const suspects = batch(...step.map(String));
          const others = [...passed, ...held.keys()].filter((key) => !step.map(String).includes(key)).length;
          const sorted = sortSuspects({ name: 'r', max, ratio }, suspects, { others, alive, held: new Map([...held].filter(([key]) => step.map(String).includes(key))) });
          expect([...sorted.passed, ...sorted.released, ...sorted.held].toSorted()).toEqual(step.map(String).toSorted());
          for (const key of sorted.held) held.set(key, { rule: 'r', becomes: '1', released: false });
          for (const key of sorted.passed) passed.add(key);
        }
        expect(passed.size).toBeLessThanOrEqual(Math.max(max, ratio * alive));
      }),
    );
  });
});
