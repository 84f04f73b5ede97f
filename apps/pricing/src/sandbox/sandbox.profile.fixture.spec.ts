import { sandboxProfile } from '@steward/conformance';

export const profile = sandboxProfile({
  price: {
    collection: 'pricing/prices',
    keyOf: (n) => `EU-${n}`,
    record: ({ n, edition }) => ({ article: `P-${n}`, region: 'EU', currency: 'EUR', amount: `${edition}.95`, tax: 'gross', zone: 'Europe/Berlin' }),
  },
});
