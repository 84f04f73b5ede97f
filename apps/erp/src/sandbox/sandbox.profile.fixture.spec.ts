import { sandboxProfile } from '@steward/conformance';

export const profile = sandboxProfile({
  'stock-level': { collection: 'erp/stock', keyOf: (n) => `S-${n}@HAM-1`, record: ({ edition }) => ({ quantity: edition }) },
  // Of articles that nothing else here is about: a shipment takes its goods out of stock.
  shipment: {
    collection: 'erp/shipments',
    keyOf: (n) => `D-${n}`,
    record: ({ n, edition }) => ({ reference: `W-${n}`, warehouse: 'HAM-1', positions: [{ article: `X-${n}`, pieces: 1 }], state: 'shipped', tracking: `T-${edition}` }),
    unchecked: true,
  },
});
