import fc from 'fast-check';
import { availableToPromise } from './stock';

const count = fc.nat({ max: 1_000_000_000 });

describe('available to promise', () => {
  it('S3: is what is there, less what is kept back and what is held for orders', () => {
    expect(availableToPromise({ onHand: 10, safetyStock: 2, reserved: 3 })).toBe(5);
    expect(availableToPromise({ onHand: 10, safetyStock: null, reserved: 0 })).toBe(10);
    expect(availableToPromise({ onHand: 3, safetyStock: 2, reserved: 3 })).toBe(0);
    expect(availableToPromise({ onHand: -4, safetyStock: null, reserved: 0 })).toBe(0);
  });

  it('S3: promises nothing twice: what is promised, held and kept back is there', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1_000, max: 1_000_000_000 }), fc.option(count, { nil: null }), count, (onHand, safetyStock, reserved) => {
        const available = availableToPromise({ onHand, safetyStock, reserved });
        expect(available).toBeGreaterThanOrEqual(0);
        if (available > 0) expect(available + (safetyStock ?? 0) + reserved).toBe(onHand);
        // One more held is one less to promise.
        expect(availableToPromise({ onHand, safetyStock, reserved: reserved + 1 })).toBe(Math.max(0, available - 1));
      }),
    );
  });

  it.each([{ onHand: 0.5 }, { onHand: 2 ** 53 }, { reserved: -1 }, { safetyStock: -1 }, { reserved: NaN }, { onHand: Number.MIN_SAFE_INTEGER, reserved: 1 }])('refuses %j', (wrong) => {
    expect(() => availableToPromise({ onHand: 1, safetyStock: null, reserved: 0, ...wrong })).toThrow(RangeError);
  });
});
