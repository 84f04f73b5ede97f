import { sandboxProfile } from '@steward/conformance';

export const profile = sandboxProfile({
  customer: { collection: 'crm/customers', keyOf: (n) => `c-${n}`, record: ({ n, edition }) => ({ mail: `c${n}@example.org`, fullName: `Edition ${edition}` }) },
  segment: { collection: 'crm/segments', keyOf: (n) => `s-${n}`, record: ({ edition }) => ({ title: `Edition ${edition}` }) },
});
