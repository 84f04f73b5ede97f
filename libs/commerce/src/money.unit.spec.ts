import fc from 'fast-check';
import { toMoney } from './money';

describe('money', () => {
  it.each([
    [12_995, 'EUR', '129.95'],
    [5, 'USD', '0.05'],
    [0, 'EUR', '0.00'],
    [1_500, 'JPY', '1500'],
    [1_234, 'KWD', '1.234'],
    [-7, 'BHD', '-0.007'],
    [Number.MAX_SAFE_INTEGER, 'EUR', '90071992547409.91'],
  ])('%d minor units of %s are %s', (minorUnits, currency, amount) => {
    expect(toMoney(minorUnits, currency)).toMatchObject({ minorUnits: String(minorUnits), currency, amount });
  });

  it('loses no digit: without the point the amount is the minor units again', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.constantFrom('EUR', 'JPY', 'KWD', 'CLF'), (minorUnits, currency) => {
        const { amount, fractionDigits } = toMoney(minorUnits, currency);
        expect(BigInt(amount.replace('.', ''))).toBe(BigInt(minorUnits));
        expect(amount.split('.')[1]?.length ?? 0).toBe(fractionDigits);
      }),
    );
  });

  it('refuses what is no integer', () => {
    expect(() => toMoney(0.1, 'EUR')).toThrow(RangeError);
  });
});
