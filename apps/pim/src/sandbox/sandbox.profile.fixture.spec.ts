import { sandboxProfile } from '@steward/conformance';

export const profile = sandboxProfile({
  product: { collection: 'pim/products', keyOf: (n) => `P-${n}`, record: ({ n, edition }) => ({ labels: { en: { title: `Product ${n}, ${edition}` } } }) },
  category: { collection: 'pim/categories', keyOf: (n) => `c-${n}`, record: ({ n, edition }) => ({ labels: { en: { title: `Category ${n}, ${edition}` } } }) },
});
