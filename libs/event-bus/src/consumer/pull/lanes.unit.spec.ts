import fc from 'fast-check';
import { Lanes } from './lanes';

const message = (lane: string, n: number, backfill = false) => ({ lane, n, backfill });
const both = (limit: number) => ({ live: limit, backfill: limit });

describe('lanes', () => {
  it('never has a key in two batches, keeps the order of each key, and loses nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 80 }), fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 60, maxLength: 60 }), (keys, limits) => {
        const lanes = new Lanes<ReturnType<typeof message>>();
        keys.forEach((key, n) => lanes.add(message(String(key), n)));
        const finished: ReturnType<typeof message>[] = [];
        const running: ReturnType<typeof message>[][] = [];
        for (const limit of [...limits, ...keys.map(() => 1), ...keys.map(() => 1)]) {
          const batch = lanes.take(both(limit));
          const busy = new Set(running.flat().map((each) => each.lane));
          expect(batch.some((each) => busy.has(each.lane))).toBe(false);
          if (batch.length > 0) running.push(batch);
          if (running.length >= 2 || batch.length === 0) {
            const done = running.shift();
            if (done) {
              lanes.release(done);
              finished.push(...done);
            }
          }
        }
        for (const rest of running) {
          lanes.release(rest);
          finished.push(...rest);
        }
        finished.push(...lanes.clear());
        expect(finished).toHaveLength(keys.length);
        for (const key of new Set(keys)) {
          const order = finished.filter((each) => each.lane === String(key)).map((each) => each.n);
          expect(order).toEqual([...order].sort((a, b) => a - b));
        }
      }),
    );
  });

  it('takes messages of other keys past a busy one', () => {
    const lanes = new Lanes<ReturnType<typeof message>>();
    [message('a', 1), message('a', 2)].forEach((each) => lanes.add(each));
    const first = lanes.take(both(1));
    lanes.add(message('b', 3));
    expect(lanes.take(both(10)).map((each) => each.n)).toEqual([3]);
    lanes.release(first);
    expect(lanes.take(both(10)).map((each) => each.n)).toEqual([2]);
  });

  it('O9: takes live messages before backfill that came earlier, and each alone', () => {
    const lanes = new Lanes<ReturnType<typeof message>>();
    [message('a', 1, true), message('b', 2, true), message('c', 3), message('d', 4, true), message('e', 5)].forEach((each) => lanes.add(each));
    expect(lanes.take({ live: 10, backfill: 2 }).map((each) => each.n)).toEqual([3, 5]);
    expect(lanes.take({ live: 10, backfill: 2 }).map((each) => each.n)).toEqual([1, 2]);
    expect(lanes.take({ live: 10, backfill: 0 })).toEqual([]);
    expect(lanes.size).toBe(1);
    expect(lanes.clear().map((each) => each.n)).toEqual([4]);
  });
});
