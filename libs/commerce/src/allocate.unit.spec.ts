import fc from 'fast-check';
import { allocate } from './allocate';

const weights = fc.array(fc.nat({ max: 1_000_000_000 }), { minLength: 1, maxLength: 12 }).filter((values) => values.some((value) => value > 0));
const sum = (values: readonly number[]): bigint => values.reduce((total, value) => total + BigInt(value), 0n);

describe('an amount split by weights', () => {
  it.each([
    [100, [1, 1, 1], [34, 33, 33]],
    [10, [1, 2, 3, 4], [1, 2, 3, 4]],
    [5, [3, 7], [2, 3]], // 1.5 and 3.5: the odd unit goes to the earlier place
    [1, [0, 5, 5], [0, 1, 0]],
    [-100, [1, 1, 1], [-34, -33, -33]],
    [0, [0, 0], [0, 0]],
    [0, [], []],
  ])('%d over %j is %j', (amount, over, parts) => {
    expect(allocate(amount, over)).toEqual(parts);
  });

  it('S5: adds up exactly, and no part is a whole unit away from its share', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), weights, (amount, over) => {
        const parts = allocate(amount, over);
        expect(sum(parts)).toBe(BigInt(amount));
        const total = sum(over);
        for (const [place, part] of parts.entries()) {
          const off = BigInt(part) * total - BigInt(amount) * BigInt(over[place] ?? 0);
          expect(off < total && -off < total).toBe(true);
          if (over[place] === 0) expect(part).toBe(0);
        }
      }),
    );
  });

  it('S5: gives the odd units to the largest remainders, the earlier place first', () => {
    fc.assert(
      fc.property(fc.nat({ max: 1_000_000 }), weights, (amount, over) => {
        const total = Number(sum(over));
        const ranked = over.map((weight, place) => ({ place, remainder: Number((BigInt(amount) * BigInt(weight)) % BigInt(total)) })).toSorted((a, b) => b.remainder - a.remainder || a.place - b.place);
        const floors = over.map((weight) => Number((BigInt(amount) * BigInt(weight)) / BigInt(total)));
        const odd = allocate(amount, over).map((part, place) => part - (floors[place] ?? 0));
        expect(ranked.map(({ place }) => odd[place])).toEqual(ranked.map((_, rank) => (rank < amount - Number(sum(floors)) ? 1 : 0)));
      }),
    );
  });

  it('never gives a place more than its weight when there is no more to give than weights', () => {
    fc.assert(
      fc.property(weights, fc.double({ min: 0, max: 1, noNaN: true }), (over, share) => {
        const amount = Math.floor(Number(sum(over)) * share);
        for (const [place, part] of allocate(amount, over).entries()) expect(part).toBeLessThanOrEqual(over[place] ?? 0);
      }),
    );
  });

  it.each<[string, number, number[]]>([
    ['an amount that nobody has a share of', 1, [0, 0]],
    ['an amount over nobody', 1, []],
    ['a share below zero', 1, [2, -1]],
    ['half a unit', 0.5, [1]],
    ['half a share', 1, [0.5]],
    ['what a number can’t hold', 2 ** 53, [1]],
    ['no number', NaN, [1]],
  ])('refuses %s', (_what, amount, over) => {
    expect(() => allocate(amount, over)).toThrow(RangeError);
  });
});
