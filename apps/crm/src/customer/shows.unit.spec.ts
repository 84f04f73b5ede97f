import type { Customer } from '@steward/contracts';
import { shows } from './shows';

const address = { addressId: 'home', isDefaultShipping: true, isDefaultBilling: true, name: 'Ada', street: 'S 1', postalCode: '1', city: 'Hamburg', country: 'DE' };
const found: Customer = {
  customerId: 'c-1', email: 'ada@example.org', name: 'Ada', phone: null, language: 'de-DE', addresses: [{ ...address, company: null, phone: null }],
  consents: [{ purpose: 'marketing-email', granted: true, at: '2027-01-02T08:00:00Z', source: 'shop' }], segmentIds: [], customerGroup: 'public', registeredAt: null, mergedInto: null,
};
const asked = (change: object): boolean => shows(found, { customerId: 'c-1', ...change });

describe('a record shows what was asked for', () => {
  it('when each field that was named says so', () => {
    expect([asked({}), asked({ email: 'ada@example.org', name: 'Ada', phone: null, language: 'de', addresses: [address] })]).toEqual([true, true]);
    expect(shows(undefined, { customerId: 'c-1' })).toBe(false);
  });

  it.each([{ email: 'b@example.org' }, { name: null }, { phone: '1' }, { language: 'fr' }, { addresses: [] }, { addresses: [{ ...address, street: 'S 2' }] }, { addresses: [address, { ...address, addressId: 'b' }] }])('not when %j', (change) => {
    expect(asked(change)).toBe(false);
  });

  it('when the newest consents are those that are there', () => {
    const consent = (granted: boolean, at: string, purpose = 'marketing-email') => asked({ consents: [{ purpose, granted, at, source: 'shop' }] });
    expect([consent(true, '2027-01-02T08:00:00Z'), consent(false, '2027-01-01T08:00:00Z'), consent(false, '2027-01-03T08:00:00Z'), consent(true, '2027-01-03T08:00:00Z', 'profiling'), consent(false, '2027-01-03T08:00:00Z', 'profiling')]).toEqual([true, true, false, false, true]);
  });
});
