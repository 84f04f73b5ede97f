import { sandboxProfile } from '@steward/conformance';
import { writings } from '../fixtures/writings.fixture.spec';

export const profile = sandboxProfile(
  {
    'stock-level': { collection: 'erp/stock', keyOf: (n) => `S-${n}@HAM-1`, record: ({ edition }) => ({ quantity: edition }) },
    // Of articles that nothing else here is about: a shipment takes its goods out of stock.
    shipment: {
      collection: 'erp/shipments',
      keyOf: (n) => `D-${n}`,
      record: ({ n, edition }) => ({ reference: `W-${n}`, warehouse: 'HAM-1', positions: [{ article: `X-${n}`, pieces: 1 }], state: 'shipped', tracking: `T-${edition}` }),
      unchecked: true,
    },
  },
  (list) => writings({ sku: 'S-1', location: 'HAM-1', count: async (reference) => (await list('erp/sales')).filter((sale) => sale['reference'] === reference).length }),
);
