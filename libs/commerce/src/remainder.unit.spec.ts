import fc from 'fast-check';
import { amountOfPieces, returnable } from './remainder';

describe('what may still be returned of a line', () => {
  it('P: returned is never more than shipped', () => {
    fc.assert(
      fc.property(fc.nat(1_000), fc.nat(1_000), (shippedQuantity, returnedQuantity) => {
        const line = { shippedQuantity, returnedQuantity };
        if (returnedQuantity > shippedQuantity) expect(() => returnable(line)).toThrow(/returned of \d+ shipped/);
        else expect(returnedQuantity + returnable(line)).toBe(shippedQuantity);
      }),
    );
  });

  it.each([-1, 0.5, 2 ** 53, NaN])('refuses %d pieces', (count) => {
    expect(() => returnable({ shippedQuantity: 5, returnedQuantity: count })).toThrow(RangeError);
    expect(() => returnable({ shippedQuantity: count, returnedQuantity: 0 })).toThrow(RangeError);
  });
});

describe('what pieces of a line cost', () => {
  it('S5: adds up to the line, whatever parcels it leaves in', () => {
    const lines = fc.record({ grossAmount: fc.maxSafeInteger().map(Math.abs), quantity: fc.integer({ min: 1, max: 500 }) });
    fc.assert(
      fc.property(lines, fc.array(fc.integer({ min: 1, max: 100 }), { maxLength: 20 }), (line, parcels) => {
        let before = 0;
        const amounts: number[] = [];
        for (const wanted of [...parcels, line.quantity]) {
          const pieces = Math.min(wanted, line.quantity - before);
          amounts.push(amountOfPieces(line, before, pieces));
          before += pieces;
        }
        expect(amounts.reduce((sum, amount) => sum + BigInt(amount), 0n)).toBe(BigInt(line.grossAmount));
        expect(Math.min(...amounts)).toBeGreaterThanOrEqual(0);
      }),
    );
    expect([0, 1, 2].map((before) => amountOfPieces({ grossAmount: 100, quantity: 3 }, before, 1))).toEqual([33, 33, 34]);
  });

  it('refuses more pieces than the line has', () => {
    expect(() => amountOfPieces({ grossAmount: 100, quantity: 3 }, 2, 2)).toThrow(/4 pieces of a line of 3/);
    expect(() => amountOfPieces({ grossAmount: 100, quantity: 0 }, 0, 0)).toThrow(RangeError);
  });
});
