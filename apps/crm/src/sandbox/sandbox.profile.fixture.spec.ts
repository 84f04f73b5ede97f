import { sandboxProfile } from '@steward/conformance';
import { writings } from '../fixtures/writings.fixture.spec';

export const profile = sandboxProfile(
  {
    customer: { collection: 'crm/customers', keyOf: (n) => `c-${n}`, record: ({ n, edition }) => ({ mail: `c${n}@example.org`, fullName: `Edition ${edition}` }) },
    segment: { collection: 'crm/segments', keyOf: (n) => `s-${n}`, record: ({ edition }) => ({ title: `Edition ${edition}` }) },
  },
  (list) => {
    const count = async (field: string, value: string): Promise<number> => (await list('crm/customers')).filter((record) => record[field] === value).length;
    return writings({ byMail: (mail) => count('mail', mail), byName: (name) => count('fullName', name), known: (n) => `c-${100 + n}` });
  },
);
