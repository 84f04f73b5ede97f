import { sandboxProfile } from '@steward/conformance';

export const profile = sandboxProfile({
  'stock-level': { collection: 'erp/stock', keyOf: (n) => `S-${n}@HAM-1`, record: ({ edition }) => ({ quantity: edition }) },
});
