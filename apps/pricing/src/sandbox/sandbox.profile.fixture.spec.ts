import { sandboxProfile } from '@steward/conformance';

export const profile = sandboxProfile({
  price: {
    collection: 'pricing/prices',
    keyOf: (n) => `EU-${n}`,
    record: ({ n, edition }) => ({ article: `P-${n}`, region: 'EU', currency: 'EUR', amount: `${edition}.95`, tax: 'gross', zone: 'Europe/Berlin' }),
  },
  promotion: {
    collection: 'pricing/promotions',
    keyOf: (n) => `OFF-${n}`,
    record: ({ n, edition }) => ({ title: `Off ${n}`, region: 'EU', currency: 'EUR', off: `${edition}.50`, zone: 'Europe/Berlin' }),
  },
});
