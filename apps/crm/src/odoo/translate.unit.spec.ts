import { customer, segment } from '@steward/contracts';
import { consentOf, leadColumns, leadRow } from './consent-lead';
import { addressIdOf, addressName, decodeId, encodeId } from './external-ids';
import { customerWire, leadWire, partnerWire, pricelistWire } from './odoo.wire';
import { toRawCustomer } from './to-raw-customer';
import { survivorOf, toCustomer, toLang, toLanguage, toSegment } from './translate';

const partner = (more: object = {}) =>
  partnerWire.parse({
    id: 12, parent_id: false, type: 'contact', active: true, name: 'Ada Lund', email: 'ada@example.org', phone: false, lang: 'de_DE', ref: 'c-1', street: false, street2: false,
    zip: false, city: false, state_id: false, country_id: false, property_product_pricelist: [3, 'Club (EUR)'], create_date: '2027-01-02 08:00:00', ...more,
  });
const place = { street: 'Deichstr. 7', zip: '20459', city: 'Hamburg', country_id: [57, 'Germany'], state_id: [9, 'Hamburg'] };
const child = (id: number, type: string, more: object = {}) => partner({ id, parent_id: [12, 'Ada Lund'], type, ...place, ...more });
const codes = new Map([[57, 'DE']]);
const none = { children: [], leads: [], codes, addressNames: new Map<number, string>(), leadNames: new Map<number, string>() };
const groups = new Map([[3, 'club']]);
const told = (raw: ReturnType<typeof toRawCustomer>) => toCustomer(customerWire.parse(raw), groups);

describe('a customer of Odoo', () => {
  it('is told in the words of the contract', () => {
    const lead = leadWire.parse({ id: 5, partner_id: [12, 'Ada Lund'], active: true, description: 'Steward: granted 2027-01-02T08:00:00Z checkout', write_date: '2027-01-02 08:00:01' });
    const data = told(toRawCustomer('c-1', ['c-1'], partner(), { ...none, children: [child(20, 'delivery')], addressNames: new Map([[20, 'home']]), leads: [lead], leadNames: new Map([[5, 'c-1~marketing-email']]) }));
    expect(customer.validateProduced(data)).toEqual([]);
    expect(JSON.stringify(data)).toBe(
      JSON.stringify({
        customerId: 'c-1', email: 'ada@example.org', name: 'Ada Lund', phone: null, language: 'de-DE',
        addresses: [{ addressId: 'home', isDefaultShipping: true, isDefaultBilling: false, name: 'Ada Lund', company: null, street: 'Deichstr. 7', street2: null, postalCode: '20459', city: 'Hamburg', region: 'Hamburg', country: 'DE', phone: null }],
        consents: [{ purpose: 'marketing-email', granted: true, at: '2027-01-02T08:00:00Z', source: 'checkout' }],
        segmentIds: ['3'], customerGroup: 'club', registeredAt: '2027-01-02T08:00:00Z', mergedInto: null,
      }),
    );
  });

  it('without an e-mail address can’t be told, and shows its key', () => {
    const raw = toRawCustomer('c-1', ['c-1'], partner({ email: false }), none);
    expect([customerWire.safeParse(raw).success, raw.customerId]).toEqual([false, 'c-1']);
  });

  it('whose name the shop did not know is one without a name', () => {
    expect(told(toRawCustomer('c-1', [], partner({ name: 'ada@example.org' }), none)).name).toBeNull();
  });

  it('has one address where Odoo has a record for each kind', () => {
    const children = [child(20, 'delivery', { name: 'Lund AG · Ada' }), child(21, 'invoice', { name: 'Lund AG · Ada' }), child(22, 'other', { city: false })];
    const { addresses } = told(toRawCustomer('c-1', [], partner(place), { ...none, children, addressNames: new Map([[20, 'home'], [21, 'home']]) }));
    expect(addresses.map(({ addressId, isDefaultShipping, isDefaultBilling }) => [addressId, isDefaultShipping, isDefaultBilling])).toEqual([['home', true, true], ['odoo-12', false, false]]);
    expect(addresses[0]).toMatchObject({ name: 'Ada', company: 'Lund AG' });
    const parted = told(toRawCustomer('c-1', [], partner(), { ...none, children: [child(20, 'delivery', { city: 'Bremen' }), child(21, 'invoice')], addressNames: new Map([[20, 'home'], [21, 'home']]) })).addresses;
    expect(parted.map(({ addressId, city, isDefaultShipping, isDefaultBilling }) => [addressId, city, isDefaultShipping, isDefaultBilling])).toEqual([['home', 'Bremen', true, false], ['odoo-21', 'Hamburg', false, true]]);
    const own = told(toRawCustomer('c-1', [], partner(place), none)).addresses;
    expect(own.map(({ addressId, isDefaultShipping, isDefaultBilling }) => [addressId, isDefaultShipping, isDefaultBilling])).toEqual([['odoo-12', true, true]]);
  });

  it('of several that were merged is told by the reference, and never guessed', () => {
    expect([survivorOf('c-1', ['c-1'], null), survivorOf('c-1', ['c-1', 'c-2'], 'c-1'), survivorOf('c-2', ['c-1', 'c-2'], 'c-1')]).toEqual([null, null, 'c-1']);
    for (const ref of [null, 'VIP']) expect(() => survivorOf('c-1', ['c-1', 'c-2'], ref)).toThrow('ODOO_MERGE_UNCLEAR');
  });

  it('speaks the language that comes closest of those that are installed', () => {
    const installed = ['en_US', 'de_CH', 'de_DE', 'sr@latin'];
    expect(['de', 'de-CH', 'de-AT', 'en', 'fr', 'sr-Latn-RS'].map((language) => toLang(language, installed))).toEqual(['de_DE', 'de_CH', 'de_CH', 'en_US', undefined, undefined]);
    expect(['de_DE', 'en', 'sr@latin', 'weird'].map(toLanguage)).toEqual(['de-DE', 'en', 'sr', null]);
  });
});

describe('a consent', () => {
  const consent = { purpose: 'marketing-phone' as const, granted: true, at: '2027-01-02T08:00:00Z', source: 'my account' };
  const asLead = (row: readonly string[], more: object = {}) => leadWire.parse({ id: 5, partner_id: [12, 'x'], active: row[leadColumns.indexOf('active')] === '1', description: row[leadColumns.indexOf('description')], write_date: '2027-02-01 08:00:00', ...more });

  it('is a lead, and told back as it was said', () => {
    for (const granted of [true, false]) {
      const row = leadRow('m', 'c.1', 12, { ...consent, granted });
      expect(row[0]).toBe('m.c%2E1~marketing-phone');
      expect(consentOf('c.1~marketing-phone', asLead(row))).toEqual({ ...consent, granted });
    }
  });

  it('is withdrawn by a clerk who archives the lead', () => {
    expect(consentOf('c-1~marketing-phone', asLead(leadRow('m', 'c-1', 12, consent), { active: false }))).toEqual({ ...consent, granted: false, at: '2027-02-01T08:00:00Z', source: 'crm' });
    expect(consentOf('c-1~something', asLead(leadRow('m', 'c-1', 12, consent)))).toBeUndefined();
  });
});

it('external ids are reversible, and Odoo finds no dot in them', () => {
  for (const id of ['c-1', 'a.b~c', 'nuß 💡', '%2E', 'a/b', '~twin']) {
    expect([decodeId(encodeId(id)), encodeId(id).includes('.')]).toEqual([id, false]);
    expect([addressIdOf(addressName('c~1', id)), addressIdOf(addressName('c~1', id, true))]).toEqual([id, id]);
  }
  expect([decodeId('a b'), decodeId('%zz'), addressIdOf('only'), addressIdOf('a~b~c')]).toEqual([undefined, undefined, undefined, undefined]);
});

it('a price list is a segment, and a customer group where somebody says so', () => {
  const row = { id: 3, name: 'Club', active: true, write_date: '2027-01-02 08:00:00' };
  expect([toSegment(pricelistWire.parse(row), groups), toSegment(pricelistWire.parse({ ...row, id: 4 }), groups)]).toEqual([{ id: '3', name: 'Club', customerGroup: 'club' }, { id: '4', name: 'Club', customerGroup: null }]);
  expect(segment.validateProduced(toSegment(pricelistWire.parse(row), groups))).toEqual([]);
});
