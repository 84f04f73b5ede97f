import { fractionDigitsOf, lineTotals } from '@steward/commerce';
import fc from 'fast-check';
import type { KeptLine } from '../saga/saga';
import { order, request, shown } from './recorded.fixture.spec';
import { toMedusaOrder } from './translate';

const [line] = order.lines as [KeptLine];
const itemsOf = (lines: readonly KeptLine[], currency = 'EUR') => toMedusaOrder({ ...order, currency, lines }, undefined).order.items;

/** A decimal text as a whole number of 10^-18: enough for every amount that is ever sent. */
function exactly(text: string): bigint {
  const [, sign, whole = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  return BigInt(`${sign}${whole}${fraction.padEnd(18, '0')}`);
}

describe('an order in Medusa’s words', () => {
  it('is the request that Medusa has answered with the promised prices and totals', () => {
    expect(toMedusaOrder(order, undefined)).toEqual(request);
    const cents = (amount: number): number => Math.round(amount * 100);
    // What was promised has no fractions of a cent, and neither has what Medusa shows.
    expect(shown.total * 100).toBe(order.totals.grossAmount);
    expect(shown.items.map(({ variant_sku: sku, unit_price: unit, quantity, total }) => [sku, cents(unit), quantity, cents(total)])).toEqual(order.lines.map(({ sku, unitAmount, quantity, grossAmount }) => [sku, unitAmount, quantity, grossAmount]));
    expect(shown).toMatchObject({ custom_display_id: order.number, shipping_total: 4.9 });
    // Medusa rounds no tax: up to a cent a line is between its sum and the promised one.
    for (const [index, { tax_total: tax }] of shown.items.entries()) expect(Math.abs(tax * 100 - (order.lines[index]?.taxAmount ?? 0))).toBeLessThan(1);
  });

  it('S5: comes to the promised gross amount by Medusa’s arithmetic, whatever the price, discount and tax', () => {
    const terms = fc.record({ unitAmount: fc.integer({ min: 0, max: 10_000_000 }), quantity: fc.integer({ min: 1, max: 1_000 }), percent: fc.integer({ min: 0, max: 100 }), taxRateBp: fc.integer({ min: 0, max: 10_000 }), taxMode: fc.constantFrom('included' as const, 'excluded' as const), currency: fc.constantFrom('EUR', 'JPY', 'KWD') });
    fc.assert(
      fc.property(terms, ({ percent, currency, ...given }) => {
        const discountAmount = Math.floor((given.unitAmount * given.quantity * percent) / 100);
        const promised = lineTotals({ ...given, discountAmount });
        const [item] = itemsOf([{ ...line, ...given, discountAmount, ...promised }], currency);
        if (item === undefined) throw new Error('no item');
        const rate = exactly(item.tax_lines[0]?.rate ?? '') / 10n ** 16n; // basis points
        // Times 10,000, so that tax is a whole number too.
        const grossOf = (amount: string, holdsTax: boolean): bigint => exactly(amount) * (holdsTax ? 10_000n : 10_000n + rate);
        const reduced = item.adjustments.reduce((sum, each) => sum + grossOf(each.amount, each.is_tax_inclusive), 0n);
        const total = grossOf(item.unit_price, item.is_tax_inclusive) * BigInt(item.quantity) - reduced;
        expect(total).toBe(BigInt(promised.grossAmount) * 10n ** BigInt(18 - fractionDigitsOf(currency)) * 10_000n);
      }),
      { numRuns: 500 },
    );
  });

  it('adds nothing where nothing is to be added', () => {
    const excluded: KeptLine = { ...line, taxMode: 'excluded', unitAmount: 1_000, quantity: 1, discountAmount: 0, netAmount: 1_000, taxAmount: 190, grossAmount: 1_190 };
    expect(itemsOf([excluded])[0]?.adjustments).toEqual([]);
    expect(itemsOf([{ ...line, discountAmount: 0 }])[0]?.adjustments).toEqual([]);
    expect(itemsOf([{ ...line, promotionIds: [] }])[0]?.adjustments).toEqual([{ code: 'discount', amount: '6.00', is_tax_inclusive: true }]);
    expect(toMedusaOrder({ ...order, shipping: null }, undefined).order.shipping_methods).toEqual([]);
  });

  it('counts as the currency does', () => {
    expect(itemsOf([{ ...line, unitAmount: 5_000 }], 'JPY')[0]?.unit_price).toBe('5000');
    expect(itemsOf([{ ...line, unitAmount: 12_345 }], 'KWD')[0]?.unit_price).toBe('12.345');
  });

  it('names the sales channel where one was chosen, and the invoice’s own address', () => {
    const elsewhere = { ...order.shippingAddress, name: 'Cher', city: 'Bremen' };
    expect(toMedusaOrder(order, 'sc_1')).toMatchObject({ sales_channel_id: 'sc_1' });
    expect(toMedusaOrder({ ...order, billingAddress: elsewhere }, undefined).order).toMatchObject({ billing_address: { first_name: null, last_name: 'Cher', city: 'Bremen' }, shipping_address: { city: 'Hamburg' } });
  });
});
