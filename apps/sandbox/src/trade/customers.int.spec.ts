import { failOnLeaks } from '@steward/testing';
import { startTrial, type Trial } from '../trial.client';

describe('customers', () => {
  let trial: Trial;
  beforeAll(async () => {
    trial = await startTrial({ STEWARD_SANDBOX_RATE_LIMIT: '0' });
  });
  afterAll(async () => trial.stop());
  failOnLeaks();

  test('are put under the number of the shop, twice as once, and keep what the CRM decided', async () => {
    const place = '/crm/customers/cus%2F1';
    const first = await trial.call('PUT', place, { mail: 'Ada@example.com', fullName: 'Ada Lund' });
    expect([first.status, first.json]).toMatchObject([201, { id: 'cus/1', mail: 'Ada@example.com', phone: null, postals: [], segments: [], priceGroup: null }]);
    await trial.control('PUT', place, { ...first.json, segments: ['trade'], priceGroup: 'business' });
    const second = await trial.call('PUT', place, { mail: 'ada@example.com', phone: '+49 40 1' });
    expect([second.status, second.json]).toMatchObject([200, { fullName: null, phone: '+49 40 1', segments: ['trade'], priceGroup: 'business' }]);
    expect((await trial.vendor('/crm/customers?mail=ADA%40EXAMPLE.COM')).json.items).toEqual([second.json]);
    expect((await trial.call('PUT', place, { mail: 'a@example.com', segments: ['vip'] })).json.error).toMatchObject({ code: 'invalid_body', message: expect.stringContaining('segments') });
  });

  test('a change leaves alone what it does not name and clears what is null', async () => {
    await trial.call('PUT', '/crm/customers/c2', { mail: 'b@example.com', fullName: 'B', phone: '1', permissions: [{ topic: 'newsletter', granted: true, at: '2027-01-01T00:00:00Z', origin: 'checkout' }] });
    const { json } = await trial.call('PATCH', '/crm/customers/c2', { fullName: null });
    expect(json).toMatchObject({ mail: 'b@example.com', fullName: null, phone: '1', permissions: [{ topic: 'newsletter' }] });
    expect((await trial.call('PATCH', '/crm/customers/nobody', { phone: null })).status).toBe(404);
  });

  test('are erased without a trace', async () => {
    await trial.call('PUT', '/crm/customers/c3', { mail: 'c@example.com' });
    expect((await trial.call('DELETE', '/crm/customers/c3')).status).toBe(204);
    expect((await trial.call('DELETE', '/crm/customers/c3')).status).toBe(404);
    expect((await trial.vendor('/crm/customers?mail=c%40example.com')).json.items).toEqual([]);
  });
});
