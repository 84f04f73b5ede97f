import { maskedValue, order, price, stockLevel } from '@steward/contracts';
import { differingFields } from './differ';
import { exposureOf } from './exposure';

describe('differing fields', () => {
  it('are named by their deepest place', () => {
    expect(differingFields({ a: 1, b: { c: [1, 2] }, 'x/y': 1 }, { a: 1, b: { c: [1, 3] }, z: null })).toEqual([
      { pointer: '/b/c/1', left: 2, right: 3 },
      { pointer: '/x~1y', left: 1, right: null },
      { pointer: '/z', left: null, right: null },
    ]);
  });

  it('are the whole where one side has nothing, and the order where nothing else differs', () => {
    expect(differingFields(null, { a: 1 })).toEqual([{ pointer: '', left: null, right: { a: 1 } }]);
    expect(differingFields({ a: 1, b: 2 }, { b: 2, a: 1 })).toMatchObject([{ pointer: '' }]);
    expect(differingFields({ a: 1 }, { a: 1 })).toEqual([]);
  });

  it('never tell a personal value', () => {
    expect(differingFields({ email: maskedValue('1') }, { email: maskedValue('2') })).toEqual([{ pointer: '/email', left: '***', right: '***' }]);
  });
});

describe('exposure', () => {
  it('is the money by which a price is wrong, and the worth of pieces that are counted wrongly', () => {
    expect(exposureOf(price.entity, { amount: 1_000, currency: 'EUR' }, { amount: 1, currency: 'EUR' }, [], () => undefined)).toEqual({ amount: 999, currency: 'EUR', units: 1 });
    const priceOf = (sku: string) => (sku === 's' ? { amount: 250, currency: 'EUR' } : undefined);
    expect(exposureOf(stockLevel.entity, { sku: 's', onHand: 3 }, { sku: 's', onHand: 7 }, [], priceOf)).toEqual({ amount: 1_000, currency: 'EUR', units: 4 });
    expect(exposureOf(stockLevel.entity, { sku: 't', onHand: 3 }, null, [], priceOf)).toEqual({ amount: null, currency: null, units: 3 });
    expect(exposureOf('category', {}, {}, [], priceOf)).toBeNull();
    const cart = (grossAmount: number) => ({ currency: 'EUR', totals: { grossAmount } });
    const amount = (left: unknown, right: unknown, ...pointers: string[]) => exposureOf(order.entity, left, right, pointers.map((pointer) => ({ pointer, left: null, right: null })), priceOf)?.amount;
    // An order that one side does not have, or has in another state, is wrong as a whole; one of another total is wrong by the difference.
    expect([amount(cart(900), null), amount(cart(900), cart(700), '/status'), amount(cart(900), cart(700), '/totals/grossAmount')]).toEqual([900, 900, 200]);
  });
});
