import { customer, type RegisterCustomer, registerCustomer, segment } from '@steward/contracts';
import { customerWire, segmentWire } from './sandbox.wire';
import { toChangedFields, toCustomer, toNewCustomer, toSegment, toTongue } from './translate';

const postal = { ref: 'a-1', forDelivery: true, forInvoice: false, recipient: 'Ada Lund', firm: null, line1: 'Deichstr. 7', zip: '20459', town: 'Hamburg', nation: 'DE' };
const record = {
  id: 'c-1',
  mail: 'ada@example.org',
  fullName: 'Ada Lund',
  phone: null,
  tongue: 'de-AT',
  postals: [postal],
  permissions: [
    { topic: 'newsletter', granted: true, at: '2027-01-02T08:00:00Z', origin: 'checkout' },
    { topic: 'calls', granted: false, at: '2027-01-01T08:00:00Z', origin: 'telephone' },
    { topic: 'newsletter', granted: false, at: '2027-01-01T08:00:00Z', origin: 'account' },
  ],
  segments: ['vip', 'club', 'vip'],
  priceGroup: null,
  since: '2026-12-24T18:00:00Z',
  mergedInto: null,
  modifiedAt: '2027-01-02T08:00:00.000Z',
  version: 7,
};

describe('a customer of the sandbox', () => {
  it('is told in the words of the contract, of consents the newest of each purpose', () => {
    const data = toCustomer(customerWire.parse(record));
    expect(customer.validateProduced(data)).toEqual([]);
    expect(JSON.stringify(data)).toBe(
      JSON.stringify({
        customerId: 'c-1', email: 'ada@example.org', name: 'Ada Lund', phone: null, language: 'de-AT',
        addresses: [{ addressId: 'a-1', isDefaultShipping: true, isDefaultBilling: false, name: 'Ada Lund', company: null, street: 'Deichstr. 7', postalCode: '20459', city: 'Hamburg', country: 'DE' }],
        consents: [
          { purpose: 'marketing-email', granted: true, at: '2027-01-02T08:00:00Z', source: 'checkout' },
          { purpose: 'marketing-phone', granted: false, at: '2027-01-01T08:00:00Z', source: 'telephone' },
        ],
        segmentIds: ['club', 'vip'], customerGroup: 'public', registeredAt: '2026-12-24T18:00:00Z', mergedInto: null,
      }),
    );
  });

  it('is registered so that it is told back as it was asked for', () => {
    const asked: RegisterCustomer = {
      customerId: 'c-1', email: 'ada@example.org', name: 'Ada Lund', phone: '+49 40 1', language: 'de',
      addresses: [{ addressId: 'a-1', isDefaultShipping: false, isDefaultBilling: true, name: 'Ada', company: 'Lund AG', street: 'Hafen 1', street2: null, postalCode: '1', city: 'Hamburg', region: null, country: 'DE', phone: null }],
      consents: [{ purpose: 'profiling', granted: true, at: '2027-01-01T00:00:00Z', source: 'account' }],
      requestedAt: '2027-01-01T00:00:01Z',
    };
    expect(registerCustomer.validateProduced(asked)).toEqual([]);
    const told = toCustomer(customerWire.parse({ ...toNewCustomer(asked), id: 'c-1', segments: [], priceGroup: 'club', mergedInto: null, version: 1 }));
    const { requestedAt, ...same } = asked;
    expect(told).toEqual({ ...same, segmentIds: [], customerGroup: 'club', registeredAt: requestedAt, mergedInto: null });
  });

  it('is changed in what was said and in nothing else', () => {
    expect(toChangedFields({ customerId: 'c-1', requestedAt: 't', phone: null })).toEqual({ phone: null });
    expect(toChangedFields({ customerId: 'c-1', requestedAt: 't', email: 'b@example.org', name: 'B', language: null, addresses: [] })).toEqual({ mail: 'b@example.org', fullName: 'B', tongue: null, postals: [] });
  });

  it('speaks a language as far as the CRM knows languages', () => {
    expect(['de', 'de-AT', 'zh-Hant-TW', 'gsw', 'es-419', null].map(toTongue)).toEqual(['de', 'de-AT', 'zh-TW', null, null, null]);
  });
});

it('a segment of the sandbox is told in the words of the contract', () => {
  const data = toSegment(segmentWire.parse({ id: 'vip', title: 'Very important', priceGroup: null, modifiedAt: 't', version: 1 }));
  expect(segment.validateProduced(data)).toEqual([]);
  expect(data).toEqual({ id: 'vip', name: 'Very important', customerGroup: null });
});
