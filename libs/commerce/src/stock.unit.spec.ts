import fc from 'fast-check';
import { availableToPromise, leftAt, type Stock } from './stock';

const count = fc.nat({ max: 1_000_000_000 });
const stock: fc.Arbitrary<Stock> = fc.record({ onHand: fc.integer({ min: -1_000, max: 1_000 }), safetyStock: fc.option(fc.nat({ max: 300 }), { nil: null }), reserved: fc.nat({ max: 1_000 }) });
const sum = (values: readonly number[]): number => values.reduce((all, each) => all + each, 0);

describe('available to promise', () => {
  it('S3: is what is there, less what is kept back and what is held for orders', () => {
    expect(availableToPromise([{ onHand: 10, safetyStock: 2, reserved: 3 }])).toBe(5);
    expect(availableToPromise([{ onHand: 10, safetyStock: null, reserved: 0 }])).toBe(10);
    expect(availableToPromise([{ onHand: 3, safetyStock: 2, reserved: 3 }])).toBe(0);
    expect(availableToPromise([{ onHand: -4, safetyStock: null, reserved: 0 }])).toBe(0);
    expect(availableToPromise([])).toBe(0);
  });

  it('S3: what one location owes comes from another, what it lacks of its safety stock does not', () => {
    const full: Stock = { onHand: 5, safetyStock: null, reserved: 0 };
    expect(availableToPromise([full, { onHand: 0, safetyStock: null, reserved: 2 }])).toBe(3);
    expect(availableToPromise([full, { onHand: -1, safetyStock: null, reserved: 0 }])).toBe(4);
    expect(availableToPromise([full, { onHand: 0, safetyStock: 3, reserved: 0 }])).toBe(5);
    expect(availableToPromise([full, { onHand: 4, safetyStock: 3, reserved: 2 }])).toBe(5);
    expect(availableToPromise([full, { onHand: 0, safetyStock: null, reserved: 9 }])).toBe(0);
  });

  it('S3: of one location it is what is left there', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1_000, max: 1_000_000_000 }), fc.option(count, { nil: null }), count, (onHand, safetyStock, reserved) => {
        const one = { onHand, safetyStock, reserved };
        expect(availableToPromise([one])).toBe(Math.max(0, leftAt(one)));
      }),
    );
  });

  it('S3: promises nothing twice, over whatever locations: what is promised, held and kept back where it is there is on hand', () => {
    fc.assert(
      fc.property(fc.array(stock, { minLength: 1, maxLength: 6 }), (locations) => {
        const available = availableToPromise(locations);
        const keptBack = sum(locations.map((each) => (leftAt(each) > 0 ? (each.safetyStock ?? 0) : 0)));
        expect(available).toBeGreaterThanOrEqual(0);
        if (available > 0) expect(available + keptBack + sum(locations.map(({ reserved }) => reserved))).toBeLessThanOrEqual(sum(locations.map(({ onHand }) => onHand)));
        // Whoever promises it can take it from locations that have it, and then nothing is left to promise.
        let open = available;
        const taken = locations.map((each) => {
          const share = Math.min(open, Math.max(0, leftAt(each)));
          open -= share;
          return { ...each, reserved: each.reserved + share };
        });
        expect([open, availableToPromise(taken)]).toEqual([0, 0]);
      }),
    );
  });

  it('S3: does not hang on the order of locations, and one more that is held is one less, or none', () => {
    fc.assert(
      fc.property(fc.array(stock, { minLength: 1, maxLength: 6 }), (locations) => {
        const available = availableToPromise(locations);
        expect(availableToPromise(locations.toReversed())).toBe(available);
        const [first, ...others] = locations as [Stock, ...Stock[]];
        const after = availableToPromise([{ ...first, reserved: first.reserved + 1 }, ...others]);
        expect(after === available || after === available - 1).toBe(true);
      }),
    );
  });

  it.each([{ onHand: 0.5 }, { onHand: 2 ** 53 }, { reserved: -1 }, { safetyStock: -1 }, { reserved: NaN }, { onHand: Number.MIN_SAFE_INTEGER, reserved: 1 }])('refuses %j', (wrong) => {
    expect(() => availableToPromise([{ onHand: 1, safetyStock: null, reserved: 0, ...wrong }])).toThrow(RangeError);
  });
});
