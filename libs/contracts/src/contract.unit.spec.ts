import { type Contract, contracts, feedProgress, keyOf, order, placeOrder, product, type Product, stockLevel, type StockLevel, typeOf, withKnownValues } from './index';

const shoe: Product = {
  id: 'p-1',
  status: 'active',
  categoryIds: ['shoes'],
  brand: 'Northbound',
  texts: { en: { name: 'Shoe', slug: 'shoe' } },
  attributes: { weight: 265, waterproof: true, season: ['spring'] },
  media: [{ url: 'https://media.example/1.jpg', kind: 'image' }],
  variants: [{ sku: 'p-1-42', attributes: { size: '42' } }],
};
const stock: StockLevel = { sku: 'p-1-42', location: 'berlin', onHand: 3 };

const pointers = (problems: readonly { pointer: string }[]): readonly string[] => problems.map(({ pointer }) => pointer);

describe('a contract', () => {
  it('accepts what is right on both sides', () => {
    for (const [contract, data] of [[product, shoe], [stockLevel, stock]] as readonly (readonly [Contract, unknown])[]) {
      expect(contract.validateProduced(data)).toEqual([]);
      expect(contract.validateConsumed(data)).toEqual([]);
    }
  });

  it('is closed for the producer and open for the consumer', () => {
    const grown = { ...shoe, rating: 5, media: [{ url: 'https://media.example/1.glb', kind: 'hologram', size: 3 }] };
    expect(pointers(product.validateProduced(grown)).toSorted()).toEqual(['/media/0/kind', '/media/0/size', '/rating']);
    expect(product.validateConsumed(grown)).toEqual([]);
  });

  it('C9: refuses an unknown value of a closed enum on both sides', () => {
    const retired = { ...shoe, status: 'retired' };
    expect(product.validateProduced(retired)).toEqual([{ pointer: '/status', message: 'is not one of active, draft, archived' }]);
    expect(product.validateConsumed(retired)).toHaveLength(1);
  });

  it('C9: maps an unknown value of an open enum to the declared default, and keeps the original', () => {
    const grown: Product = { ...shoe, media: [{ url: 'https://media.example/1.glb', kind: 'hologram' }, ...shoe.media] };
    const known = withKnownValues(product, grown);
    expect(known.media.map(({ kind }) => kind)).toEqual(['other', 'image']);
    expect(grown.media[0]?.kind).toBe('hologram');
    expect(withKnownValues(product, shoe)).toBe(shoe);
  });

  it('tells absent, cleared and a value apart', () => {
    for (const brand of [{}, { brand: null }, { brand: 'Northbound' }]) {
      const { brand: _brand, ...rest } = shoe;
      expect(product.validateProduced({ ...rest, ...brand })).toEqual([]);
    }
    expect(pointers(product.validateProduced({ ...shoe, id: null }))).toEqual(['/id']);
  });

  it('names every fault with its place', () => {
    const { onHand: _onHand, ...rest } = stock;
    expect(pointers(stockLevel.validateProduced({ ...rest, safetyStock: -1, expectedAt: 'tomorrow', location: 'a@b' })).toSorted()).toEqual(['/expectedAt', '/location', '/onHand', '/safetyStock']);
    expect(pointers(stockLevel.validateProduced({ ...stock, onHand: 1.5 }))).toEqual(['/onHand']);
    for (const wrong of [null, 'text', 7, [], undefined]) expect(stockLevel.validateConsumed(wrong)).not.toEqual([]);
  });

  it('refuses text that no database could keep, anywhere in the payload', () => {
    const faulty = { ...shoe, texts: { en: { name: 'a\u0000b', slug: 'x' } }, categoryIds: ['\udc00'], attributes: { 'k\u0000': 1 } };
    expect(pointers(product.validateConsumed(faulty)).toSorted()).toEqual(['/attributes/k\u0000', '/categoryIds/0', '/texts/en/name']);
    expect(product.validateConsumed({ ...shoe, id: 'Größe 😀 .*>' })).toEqual([]);
  });

  it('lists at most twenty faults of one payload', () => {
    expect(product.validateProduced({ ...shoe, categoryIds: Array.from({ length: 100 }, () => 1) })).toHaveLength(20);
  });

  it('builds keys and types', () => {
    expect(keyOf(product, shoe)).toBe('p-1');
    expect(keyOf(stockLevel, stock)).toBe('p-1-42@berlin');
    expect(typeOf(stockLevel, 'erp')).toBe('erp.stock-level.v1');
    expect(contracts.map(({ entity }) => entity)).toEqual(expect.arrayContaining(['category', 'place-order', 'stock-level']));
  });

  it('knows where a person is', () => {
    expect(placeOrder.piiPaths).toEqual(expect.arrayContaining(['/email', '/shippingAddress', '/billingAddress', '/payment/paymentMethodToken']));
    expect(order.piiPaths).toEqual(expect.arrayContaining(['/email', '/shippingAddress', '/payment/actionUrl']));
    expect(stockLevel.piiPaths).toEqual([]);
  });

  it('carries owner, promises and guard as data', () => {
    for (const contract of contracts) {
      for (const value of Object.values(contract.owner)) expect(value).not.toBe('');
      expect(contract.deadLetter.respondWithinMs).toBeGreaterThan(0);
    }
    expect(stockLevel.freshness['availability']).toEqual({ targetMs: 10_000, staleAfterMs: 900_000 });
    expect(stockLevel.fieldFreshness['onHand']).toBe('availability');
    expect(product.guard.delete).toEqual({ max: 50, ratio: 0.1 });
    expect(feedProgress.systems).toEqual(expect.arrayContaining(['pim', 'erp', 'pricing']));
  });
});
