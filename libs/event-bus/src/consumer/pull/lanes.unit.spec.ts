import fc from 'fast-check';
import { Lanes } from './lanes';

const message = (lane: string, n: number) => ({ lane, n });

describe('lanes', () => {
  it('never has a key in two batches, keeps the order of each key, and loses nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 80 }), fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 60, maxLength: 60 }), (keys, limits) => {
        const lanes = new Lanes<{ lane: string; n: number }>();
        keys.forEach((key, n) => lanes.add(message(String(key), n)));
        const finished: { lane: string; n: number }[] = [];
        const running: { lane: string; n: number }[][] = [];
        for (const limit of [...limits, ...keys.map(() => 1), ...keys.map(() => 1)]) {
          const batch = lanes.take(limit);
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
    const lanes = new Lanes<{ lane: string; n: number }>();
    [message('a', 1), message('a', 2)].forEach((each) => lanes.add(each));
    const first = lanes.take(1);
    lanes.add(message('b', 3));
    expect(lanes.take(10).map((each) => each.n)).toEqual([3]);
    lanes.release(first);
    expect(lanes.take(10).map((each) => each.n)).toEqual([2]);
  });
});
