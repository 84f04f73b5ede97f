import fc from 'fast-check';
import { exponentFor, fractionDigitsOf, fromConnectorUnits, toConnectorUnits, toMoney } from './money';

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

describe('money at a connector that counts otherwise', () => {
  it.each([
    ['stripe', 12_995, 'EUR', 12_995],
    ['stripe', 1_500, 'JPY', 1_500],
    ['stripe', 1_500, 'ISK', 150_000],
    ['stripe', 1_500, 'UGX', 150_000],
    ['stripe', 1_500, 'MGA', 15],
    ['stripe', 1_230, 'KWD', 1_230],
    ['a connector of which nothing is known', 1_500, 'ISK', 1_500],
  ])('%s: %d minor units of %s are %d', (connector, minorUnits, currency, units) => {
    expect(toConnectorUnits(connector, minorUnits, currency)).toBe(units);
    expect(fromConnectorUnits(connector, units, currency)).toBe(minorUnits);
  });

  it('S5: comes back as it went, or does not go', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.constantFrom('EUR', 'JPY', 'ISK', 'MGA', 'KWD', 'CLF'), (minorUnits, currency) => {
        let units: number;
        try {
          units = toConnectorUnits('stripe', minorUnits, currency);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
          return;
        }
        expect(fromConnectorUnits('stripe', units, currency)).toBe(minorUnits);
        expect(exponentFor('stripe', currency) === fractionDigitsOf(currency) ? units : minorUnits).toBe(minorUnits);
      }),
    );
  });

  it('S5: refuses what the connector has no whole number for, and what is not exact', () => {
    expect(() => toConnectorUnits('stripe', 1_501, 'MGA')).toThrow(/no whole number/);
    expect(() => toConnectorUnits('stripe', 1_234, 'KWD')).toThrow(/no whole number/);
    expect(() => toConnectorUnits('stripe', Number.MAX_SAFE_INTEGER, 'ISK')).toThrow(RangeError);
    expect(() => toConnectorUnits('stripe', 0.5, 'EUR')).toThrow(RangeError);
    expect(() => fromConnectorUnits('stripe', 150, 'ISK')).toThrow(/no whole number/);
  });
});
