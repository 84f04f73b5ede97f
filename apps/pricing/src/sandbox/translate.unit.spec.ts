import { price, promotion } from '@steward/contracts';
import { RejectedError } from '@steward/platform';
import { priceWire, promotionWire } from './sandbox.wire';
import { toPrice, toPromotion } from './translate';

const record = {
  id: 'EU-OU-1-SALE', article: 'OU-1', region: 'EU', currency: 'EUR', group: null, fromQuantity: 1, amount: '1.15', insteadOf: '1.5', tax: 'gross',
  starts: '2027-03-08T00:00', ends: '2027-04-05T00:00', zone: 'Europe/Berlin', modifiedAt: '2026-11-24T10:00:00.000Z', version: 7,
};
const translated = (given: object = {}) => toPrice(priceWire.parse({ ...record, ...given }));

describe('a price of the sandbox', () => {
  it('is told in the words of the contract, its days as instants on both sides of the clock change', () => {
    expect(price.validateProduced(translated())).toEqual([]);
    expect(translated()).toEqual({
      id: 'EU-OU-1-SALE', sku: 'OU-1', market: 'eu', currency: 'EUR', customerGroup: 'public', minQuantity: 1,
      validFrom: '2027-03-07T23:00:00.000Z', validTo: '2027-04-04T22:00:00.000Z', amount: 115, listAmount: 150, taxMode: 'included',
    });
  });

  it('keeps absent, cleared and given apart, and a group is passed on as it is', () => {
    expect('listAmount' in translated({ insteadOf: undefined })).toBe(false);
    expect(translated({ insteadOf: null, starts: null, ends: null, tax: 'net', group: 'business' })).toMatchObject({ listAmount: null, validFrom: null, validTo: null, taxMode: 'excluded', customerGroup: 'business' });
  });

  it.each([
    ['19.99', 'EUR', 1_999],
    ['8.10', 'USD', 810],
    ['0', 'EUR', 0],
    ['12.5000', 'EUR', 1_250],
    ['1980', 'JPY', 1_980],
    ['1980.00', 'JPY', 1_980],
    ['1.234', 'KWD', 1_234],
    ['999999999999.99', 'EUR', 99_999_999_999_999],
  ])('S5: %s %s is %d minor units', (amount, currency, minor) => {
    expect(translated({ amount, currency, insteadOf: null }).amount).toBe(minor);
  });

  it.each<[string, object]>([
    ['a fraction that the currency does not have', { amount: '1.999' }],
    ['a fraction of a yen', { amount: '1.5', currency: 'JPY' }],
    ['a currency of unknown exponent', { currency: 'XXX' }],
    ['an amount below zero', { amount: '-1.00' }],
    ['a number in another notation', { insteadOf: '1,50' }],
    ['a zone that is none', { zone: 'Europe/Atlantis' }],
    ['a day that is none', { ends: '2027-02-30T00:00' }],
  ])('refuses %s for good', (_what, given) => {
    expect(() => translated(given)).toThrow(RejectedError);
  });
});

const spring = {
  id: 'EU-SPRING15', title: 'Spring', region: 'EU', currency: 'EUR', group: null, coupon: null, percent: '15', off: null, minimum: '100.00', articles: null,
  starts: '2027-03-08T00:00', ends: '2027-04-05T00:00', zone: 'Europe/Berlin', combines: false, rank: 0, modifiedAt: '2026-11-24T10:00:00.000Z', version: 3,
};
const promoted = (given: object = {}) => toPromotion(promotionWire.parse({ ...spring, ...given }));

describe('a promotion of the sandbox', () => {
  it('is told in the words of the contract, its days as instants on both sides of the clock change', () => {
    expect(promotion.validateProduced(promoted())).toEqual([]);
    expect(promoted()).toEqual({
      id: 'EU-SPRING15', market: 'eu', currency: 'EUR', customerGroup: 'public', code: null, kind: 'percent', valueBp: 1_500, amount: null, minSubtotal: 10_000, skus: null,
      validFrom: '2027-03-07T23:00:00.000Z', validTo: '2027-04-04T22:00:00.000Z', stacking: 'exclusive', priority: 0,
    });
  });

  it('takes off an amount, for a word, for a group, for some articles, together with others', () => {
    const given = promoted({ percent: null, off: '2.5', coupon: 'CAMP', group: 'business', articles: ['OU-1'], combines: true, rank: 7, minimum: '0' });
    expect(promotion.validateProduced(given)).toEqual([]);
    expect(given).toMatchObject({ kind: 'amount', valueBp: null, amount: 250, code: 'CAMP', customerGroup: 'business', skus: ['OU-1'], stacking: 'stackable', priority: 7, minSubtotal: 0 });
  });

  it.each([['10', 1_000], ['2.5', 250], ['33.33', 3_333], ['100', 10_000]])('%s percent are %d basis points', (percent, valueBp) => {
    expect(promoted({ percent }).valueBp).toBe(valueBp);
  });

  it.each<[string, object]>([
    ['neither a percentage nor an amount', { percent: null }],
    ['both of them', { off: '5.00' }],
    ['a third of a percent', { percent: '0.333' }],
    ['an amount that the currency does not have', { percent: null, off: '1.999' }],
    ['a zone that is none', { zone: 'Europe/Atlantis' }],
  ])('refuses %s for good', (_what, given) => {
    expect(() => promoted(given)).toThrow(RejectedError);
  });
});
