import fc from 'fast-check';
import { type LineTerms, lineTotals, orderTotals } from './totals';

const terms = (more: Partial<LineTerms>): LineTerms => ({ unitAmount: 0, quantity: 1, discountAmount: 0, taxRateBp: 1900, taxMode: 'included', ...more });
const some = fc
  .record({ unitAmount: fc.nat({ max: 1_000_000_000 }), quantity: fc.integer({ min: 1, max: 100_000 }), taxRateBp: fc.integer({ min: 0, max: 10_000 }), taxMode: fc.constantFrom('included' as const, 'excluded' as const) })
  .chain((line) => fc.nat({ max: line.unitAmount * line.quantity }).map((discountAmount) => ({ ...line, discountAmount })));

describe('a line', () => {
  it.each<[Partial<LineTerms>, [number, number, number]]>([
    [{ unitAmount: 12_995, quantity: 2, discountAmount: 2_599 }, [19_656, 3_735, 23_391]],
    [{ unitAmount: 10_000, taxMode: 'excluded' }, [10_000, 1_900, 11_900]],
    [{ unitAmount: 50, taxRateBp: 100, taxMode: 'excluded' }, [50, 1, 51]], // 0.5 of tax: away from zero
    [{ unitAmount: 49, taxRateBp: 100, taxMode: 'excluded' }, [49, 0, 49]],
    [{ unitAmount: 3, taxRateBp: 10_000 }, [2, 1, 3]], // 1.5 net: away from zero
    [{ unitAmount: 1_000, taxRateBp: 0 }, [1_000, 0, 1_000]],
    [{ unitAmount: 1_000, discountAmount: 1_000 }, [0, 0, 0]],
  ])('of %j comes to %j', (line, [netAmount, taxAmount, grossAmount]) => {
    expect(lineTotals(terms(line))).toEqual({ netAmount, taxAmount, grossAmount });
  });

  it('S5: net and tax are the gross, and what the price said is not touched', () => {
    fc.assert(
      fc.property(some, (line) => {
        const { netAmount, taxAmount, grossAmount } = lineTotals(line);
        expect(netAmount + taxAmount).toBe(grossAmount);
        expect(line.taxMode === 'included' ? grossAmount : netAmount).toBe(line.unitAmount * line.quantity - line.discountAmount);
        expect(Math.min(netAmount, taxAmount)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('S5: the tax is the nearest whole unit, and the upper one where two are as near', () => {
    fc.assert(
      fc.property(some, (line) => {
        const { netAmount, taxAmount, grossAmount } = lineTotals(line);
        if (line.taxMode === 'excluded') {
          const twiceOff = 2n * (BigInt(taxAmount) * 10_000n - BigInt(netAmount) * BigInt(line.taxRateBp));
          expect(twiceOff > -10_000n && twiceOff <= 10_000n).toBe(true);
        } else {
          const whole = BigInt(10_000 + line.taxRateBp);
          const twiceOff = 2n * (BigInt(netAmount) * whole - BigInt(grossAmount) * 10_000n);
          expect(twiceOff > -whole && twiceOff <= whole).toBe(true);
        }
      }),
    );
  });

  it.each<[string, Partial<LineTerms>]>([
    ['a discount larger than the line', { unitAmount: 10, discountAmount: 11 }],
    ['a price below zero', { unitAmount: -1 }],
    ['half a piece', { quantity: 1.5 }],
    ['a rate that is no whole number', { taxRateBp: 19.5 }],
    ['a line that a number can’t hold', { unitAmount: Number.MAX_SAFE_INTEGER, quantity: 2 }],
    ['a gross that a number can’t hold', { unitAmount: Number.MAX_SAFE_INTEGER, taxMode: 'excluded' }],
    ['a price that is not exact', { unitAmount: 2 ** 53 }],
  ])('refuses %s', (_what, line) => {
    expect(() => lineTotals(terms(line))).toThrow(RangeError);
  });
});

describe('an order', () => {
  it('S5: comes to what its lines and its shipping show', () => {
    fc.assert(
      fc.property(fc.array(some, { maxLength: 20 }), fc.option(some, { nil: null }), (lines, freight) => {
        const shown = lines.map(lineTotals);
        const shipping = freight === null ? null : lineTotals(freight);
        const { netAmount, taxAmount, grossAmount } = orderTotals(shown, shipping);
        expect(netAmount + taxAmount).toBe(grossAmount);
        expect(grossAmount).toBe(shown.reduce((sum, line) => sum + line.grossAmount, shipping?.grossAmount ?? 0));
      }),
    );
    expect(orderTotals([])).toEqual({ netAmount: 0, taxAmount: 0, grossAmount: 0 });
  });

  it('refuses a sum that a number can’t hold', () => {
    const large = { netAmount: Number.MAX_SAFE_INTEGER, taxAmount: 0, grossAmount: Number.MAX_SAFE_INTEGER };
    expect(() => orderTotals([large, large])).toThrow(RangeError);
  });
});
