import { cartDigest } from './cart-digest';

it('names a cart by what is in it, in whatever order', () => {
  const [a, b] = [{ sku: 'a', quantity: 1 }, { sku: 'b', quantity: 2 }];
  expect(cartDigest([a, b])).toBe(cartDigest([b, a]));
  expect(new Set([[a], [b], [a, b], [a, a], [{ sku: 'a', quantity: 12 }]].map(cartDigest)).size).toBe(5);
  // Others compute it too: it is part of the contract.
  expect(cartDigest([a, b])).toBe('hnYQnp9Njtmp93dH24_uQL');
});
