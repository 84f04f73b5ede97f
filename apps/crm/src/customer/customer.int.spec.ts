import { eventually } from '@steward/testing';
import { lookForDoubles } from '../cases/look-for-doubles';
import { mailOf, openRig, type Rig } from '../fixtures/rig.fixture.spec';

describe('customers at the CRM', () => {
  let rig: Rig;
  beforeEach(async () => (rig = await openRig()));
  afterEach(() => rig.close());

  const calls = async (): Promise<Record<string, number>> => {
    const { routes } = (await rig.control('GET', 'crm/calls')) as { routes: Record<string, { calls: number }> };
    return Object.fromEntries(Object.entries(routes).map(([route, each]) => [route, each.calls]));
  };
  const known = (customerId: string) => eventually(async () => (await rig.announced(customerId)) != null);

  it('are registered under the shop’s id and told as the CRM has them', async () => {
    rig.startFeed();
    await rig.register('c-1');
    await known('c-1');
    expect(await rig.announced('c-1')).toMatchObject({ customerId: 'c-1', email: mailOf('c-1'), customerGroup: 'public', mergedInto: null, registeredAt: '2027-03-01T08:00:00.000Z' });
    expect(await rig.atCrm('c-1')).toMatchObject({ mail: mailOf('c-1'), postals: [{ ref: 'home', town: 'Hamburg', forDelivery: true }] });
  });

  it('S4: are registered once, however often it is asked for', async () => {
    await rig.register('c-1');
    await rig.register('c-1', { name: 'Somebody else' });
    await rig.settled();
    await rig.register('c-1', { name: 'Somebody else' });
    await rig.settled();
    expect([await rig.writes(), (await rig.atCrm('c-1'))?.['fullName']]).toEqual([['register-customer confirmed'], 'Planted c-1']);
  });

  it('S6: an answer that was lost is read back, and nothing is sent twice', async () => {
    await rig.control('POST', 'crm/faults', { kind: 'drop-after-commit', times: 1, match: { method: 'PUT' } });
    await rig.register('c-1');
    await rig.settled();
    expect([await rig.writes(), (await calls())['PUT /crm/customers/{id}'], await rig.rows('select attempts from effect')]).toEqual([['register-customer confirmed'], 1, [{ attempts: 1 }]]);
  });

  it('C3: a refusal is a case of the Customers team and is not sent again', async () => {
    await rig.control('POST', 'crm/faults', { kind: 'refuse', code: 'blocked_domain', message: 'not from there', times: 1 });
    await rig.register('c-1');
    await rig.settled();
    expect([await rig.writes(), await rig.cases()]).toEqual([['register-customer refused'], ['refused c-1 register-customer c-1']]);
    expect(await rig.rows(`select detail, owner->>'team' as team from customer_case`)).toEqual([{ detail: 'the CRM refused register-customer: blocked_domain: not from there', team: 'Customers' }]);
  });

  it('a token that is not accepted is no refusal: it is sent when that is mended', async () => {
    await rig.control('POST', 'crm/faults', { kind: 'error', status: 401, times: 2 });
    await rig.register('c-1');
    await rig.settled();
    expect([await rig.writes(), await rig.cases()]).toEqual([['register-customer confirmed'], []]);
  });

  it('a change touches what it names and nothing else', async () => {
    await rig.register('c-1');
    await rig.update('c-1', { phone: null, email: 'new@example.org' });
    await rig.settled();
    expect(await rig.atCrm('c-1')).toMatchObject({ mail: 'new@example.org', phone: null, fullName: 'Planted c-1', tongue: 'de', postals: [{ ref: 'home' }] });
  });

  it('a consent that was withdrawn later is not given back by what was said before', async () => {
    const said = (granted: boolean, at: string) => ({ purpose: 'marketing-email' as const, granted, at, source: 'checkout' });
    await rig.register('c-1', { consents: [said(true, '2027-03-01T08:00:00Z')] });
    await rig.settled();
    const record = (await rig.atCrm('c-1')) as { id: string };
    await rig.control('PUT', 'crm/customers/c-1', { ...record, permissions: [{ topic: 'newsletter', granted: false, at: '2027-03-03T08:00:00Z', origin: 'telephone' }] });
    await rig.update('c-1', { consents: [said(true, '2027-03-02T08:00:00Z'), { purpose: 'profiling', granted: true, at: '2027-03-02T08:00:00Z', source: 'account' }] });
    await rig.settled();
    expect((await rig.atCrm('c-1'))?.['permissions']).toEqual([
      { topic: 'newsletter', granted: false, at: '2027-03-03T08:00:00Z', origin: 'telephone' },
      { topic: 'profiling', granted: true, at: '2027-03-02T08:00:00Z', origin: 'account' },
    ]);
  });

  it('C5b: changes of a customer are sent one behind the other, those of others meanwhile', async () => {
    await rig.register('c-1');
    await rig.register('c-2');
    await rig.settled();
    // The first is done there, but told later than anybody waits.
    await rig.control('POST', 'crm/faults', { kind: 'slow', delayMs: 5_000, times: 1, match: { id: 'c-1', method: 'PATCH' } });
    for (const name of ['first', 'second', 'third']) await rig.update('c-1', { name });
    await rig.update('c-2', { name: 'done' });
    await eventually(async () => (await rig.atCrm('c-2'))?.['fullName'] === 'done');
    expect(await rig.rows(`select state from effect where kind = 'update-customer' and key like 'c-1%'`)).toEqual([{ state: 'submitted' }]);
    await rig.settled();
    expect((await rig.atCrm('c-1'))?.['fullName']).toBe('third');
  });

  it('C8: a change before its registration waits, and one of a customer that the CRM made itself does not', async () => {
    await expect(rig.update('c-1', { name: 'early' })).rejects.toMatchObject({ code: 'CRM_CUSTOMER_UNKNOWN' });
    await rig.control('PUT', 'crm/customers/c-1', { mail: 'made@example.org' });
    rig.startFeed();
    await known('c-1');
    await rig.update('c-1', { name: 'known' });
    await eventually(async () => (await rig.announced('c-1'))?.['name'] === 'known');
  });

  it('two people of one e-mail address stay two, and are a case for the owner once', async () => {
    await rig.control('PUT', 'crm/customers/c-0', { mail: mailOf('c-1').toUpperCase() });
    rig.startFeed();
    await known('c-0');
    await rig.register('c-1');
    await known('c-1');
    expect(await rig.cases()).toEqual(['duplicate c-1 c-0']);
    await rig.rows(`update customer_case set state = 'closed'`);
    expect(await lookForDoubles(rig.database, new Date())).toBe(0);
    expect([await rig.atCrm('c-0'), await rig.atCrm('c-1')]).toMatchObject([{ fullName: null }, { fullName: 'Planted c-1' }]);
  });

  it('what the CRM has merged is told as merged, joined by nobody, and a case for the owner', async () => {
    rig.startFeed();
    await rig.register('c-1');
    await rig.register('c-2');
    await known('c-2');
    const record = (await rig.atCrm('c-2')) as { id: string };
    await rig.control('PUT', 'crm/customers/c-2', { ...record, mail: mailOf('c-1'), mergedInto: 'c-1' });
    await eventually(async () => (await rig.announced('c-2'))?.['mergedInto'] === 'c-1');
    expect(await lookForDoubles(rig.database, new Date())).toBe(1);
    expect([await rig.cases(), (await rig.announced('c-1'))?.['mergedInto']]).toEqual([['merged c-2 c-1'], null]);
  });
});
