/** Writes against the stand-in; what a real Odoo makes of them is proven by `npm run test:real -- odoo`. */
import { type ResilientHttp, resilientHttp } from '@steward/adapter-kit';
import type { StandIn } from '@steward/conformance';
import type { RegisterCustomer } from '@steward/contracts';
import { createLogger, loadEnv, systemClock } from '@steward/platform';
import type { CustomerRecords } from '../customer/customer-records';
import { odooConnector } from './odoo.connector';
import { profile } from './odoo.profile.fixture.spec';

const signal = AbortSignal.timeout(120_000);
const address = { addressId: 'home', isDefaultShipping: true, isDefaultBilling: true, name: 'Ada', company: 'Lund AG', street: 'Deichstr. 7', street2: null, postalCode: '20459', city: 'Hamburg', region: null, country: 'DE', phone: null };
const person = (customerId: string, more: Partial<RegisterCustomer> = {}): RegisterCustomer => ({
  customerId, email: `${customerId}@example.org`, name: 'Ada', phone: null, language: 'de', addresses: [address], consents: [], requestedAt: '2027-03-01T08:00:00.000Z', ...more,
});
const said = (granted: boolean, at: string, purpose: 'marketing-email' | 'profiling' = 'marketing-email') => ({ purpose, granted, at, source: 'checkout' });

describe('customers written to Odoo', () => {
  let standIn: StandIn;
  let http: ResilientHttp;
  let records: CustomerRecords;
  beforeAll(async () => {
    standIn = await profile.start();
    const logger = createLogger({ service: 'odoo-test', level: 'silent' });
    http = resilientHttp({ dependency: 'crm-odoo', clock: systemClock, logger, limits: { perSecond: 1_000 } });
    ({ records } = odooConnector.open({ env: loadEnv(odooConnector.env, profile.settings(standIn.url)), http, clock: systemClock, logger }));
  });
  afterAll(async () => {
    await http.close();
    await standIn.stop();
  });

  /** The database id of a customer's partner, as a shop could guess it. */
  async function recordOf(name: string): Promise<number> {
    const { STEWARD_ODOO_PASSWORD: password } = profile.settings(standIn.url);
    const args = ['shop', 7, password, 'ir.model.data', 'search_read', [[['name', '=', name]], ['res_id']], {}];
    const answer = await fetch(`${standIn.url}/jsonrpc`, { method: 'POST', body: JSON.stringify({ params: { service: 'object', method: 'execute_kw', args } }) });
    return ((await answer.json()) as { result: { res_id: number }[] }).result[0]?.res_id ?? 0;
  }

  it('are found as they were asked for, and written twice they are one', async () => {
    for (let times = 0; times < 2; times += 1) expect(await records.register(person('r.1', { consents: [said(true, '2027-03-01T08:00:00Z'), said(true, '2027-03-01T08:00:00Z', 'profiling')] }), signal)).toEqual({ kind: 'done' });
    expect(await records.find('r.1', signal)).toMatchObject({ customerId: 'r.1', email: 'r.1@example.org', language: 'de-DE', addresses: [address], consents: [said(true, '2027-03-01T08:00:00Z')] });
    expect([await records.namesakes('r.1', 'R.1@example.org', signal), await records.namesakes('other', 'R.1@example.org', signal)]).toEqual([[], ['r.1']]);
  });

  it('keep the newest consent, and need no lead where none was ever given', async () => {
    await records.register(person('k.1', { consents: [said(false, '2027-03-01T08:00:00Z')] }), signal);
    expect((await records.find('k.1', signal))?.consents).toEqual([]);
    const consents = async (...asked: ReturnType<typeof said>[]) => {
      await records.update({ customerId: 'k.1', requestedAt: '2027-03-04T08:00:00Z', consents: asked }, signal);
      return (await records.find('k.1', signal))?.consents;
    };
    expect(await consents(said(true, '2027-03-02T08:00:00Z'))).toEqual([said(true, '2027-03-02T08:00:00Z')]);
    expect(await consents(said(false, '2027-03-03T08:00:00Z'))).toEqual([said(false, '2027-03-03T08:00:00Z')]);
    expect(await consents(said(true, '2027-03-02T09:00:00Z'))).toEqual([said(false, '2027-03-03T08:00:00Z')]);
  });

  it('have the addresses that were sent last and no others', async () => {
    await records.register(person('a.1'), signal);
    const second = { ...address, addressId: 'work', city: 'Bremen', isDefaultShipping: false, company: null };
    await records.update({ customerId: 'a.1', requestedAt: '2027-03-04T08:00:00Z', addresses: [{ ...address, isDefaultBilling: false }, second] }, signal);
    expect((await records.find('a.1', signal))?.addresses).toEqual([{ ...address, isDefaultBilling: false }, second]);
    await records.update({ customerId: 'a.1', requestedAt: '2027-03-04T08:00:00Z', addresses: [] }, signal);
    expect((await records.find('a.1', signal))?.addresses).toEqual([]);
  });

  it('an address id that names somebody else’s record reaches nobody else', async () => {
    await records.register(person('s.1', { addresses: [], name: 'Stranger' }), signal);
    const before = await records.find('s.1', signal);
    const stranger = `odoo-${await recordOf('s%2E1')}`;
    await records.register(person('m.1', { addresses: [{ ...address, addressId: stranger, city: 'Elsewhere' }] }), signal);
    expect([await records.find('s.1', signal), before?.name]).toEqual([before, 'Stranger']);
    expect((await records.find('m.1', signal))?.addresses).toMatchObject([{ addressId: stranger, city: 'Elsewhere' }]);
  });

  it('are erased with everything that is theirs, once and again', async () => {
    await records.register(person('e.1', { consents: [said(true, '2027-03-01T08:00:00Z')] }), signal);
    for (let times = 0; times < 2; times += 1) expect(await records.erase('e.1', signal)).toEqual({ kind: 'done' });
    expect([await records.find('e.1', signal), await records.namesakes('x', 'e.1@example.org', signal)]).toEqual([undefined, []]);
  });

  it('are refused where nobody is, or no such country', async () => {
    expect(await records.update({ customerId: 'nobody', requestedAt: '2027-03-04T08:00:00Z', name: 'X' }, signal)).toMatchObject({ kind: 'refused', code: 'not_found' });
    expect(await records.register(person('z.1', { addresses: [{ ...address, country: 'ZZ' }] }), signal)).toMatchObject({ kind: 'refused', reason: expect.stringContaining('no country ZZ') as string });
  });
});
