import { randomUUID } from 'node:crypto';
import { eraseCustomer, registerCustomer, updateCustomer, type Contract, type Customer, type RegisterCustomer, type UpdateCustomer } from '@steward/contracts';
import { bearer, eventually, tablesThatMention } from '@steward/testing';
import { get, graphql, send, type Answer, type Shown } from '../fixtures/api.fixture.spec';
import { customers, orders, segments } from '../fixtures/read-model.fixture.spec';
import { capShop, type CapShop, address, anOrder, commands, orderBody, sendOrder } from '../fixtures/shopper.fixture.spec';
import type { CustomerView } from './customer-view';

let shop: CapShop;
let scene: CapShop['scene'];
let issuer: CapShop['issuer'];
let api: CapShop['api'];
let count = 0;

beforeAll(async () => {
  shop = await capShop();
  ({ scene, issuer, api } = shop);
});
afterAll(() => shop.close());

type Told = Omit<Shown, 'status'> & { customer: CustomerView | null };

async function somebody() {
  count += 1;
  const id = `c${String(count)}`;
  return { id, headers: bearer(await issuer.token({ steward_customer: id })) };
}
const ask = (method: string, body: unknown, headers: Record<string, string>): Promise<Answer<Told>> => send<Told>(api, method, '/v1/customer', body, { prefer: 'wait=0', ...headers });
const look = (headers: Record<string, string>) => get<Told>(api, '/v1/customer', headers);
const asked = async <T extends { customerId: string }>(contract: Contract<T>, id: string) => {
  const found = (await commands<T>(scene.database, contract.entity)).filter(({ customerId }) => customerId === id);
  for (const each of found) expect(contract.validateProduced(each)).toEqual([]);
  return found;
};
const aCustomer = (id: string, more: Partial<Customer> = {}): Customer => ({
  customerId: id, email: `${id}@example.com`, name: 'Erika', phone: null, language: 'de', addresses: [], consents: [], segmentIds: [], customerGroup: 'public', registeredAt: null, mergedInto: null, ...more,
});

describe('a customer', () => {
  it('registers, and is who the CRM says', async () => {
    const { id, headers } = await somebody();
    expect([(await look(headers)).status, (await look(headers)).json.code]).toEqual([404, 'CUSTOMER_UNKNOWN']);
    const first = await ask('PUT', { email: 'e@example.com', name: 'Erika', addresses: [{ ...address, isDefaultShipping: true }], consents: [{ purpose: 'marketing-email', granted: true }] }, headers);
    expect([first.status, first.json.customer]).toEqual([202, null]);
    const [command] = await asked<RegisterCustomer>(registerCustomer, id);
    expect(command).toMatchObject({ customerId: id, email: 'e@example.com', phone: null, addresses: [{ name: address.name, isDefaultShipping: true, isDefaultBilling: false, addressId: expect.any(String) as string }], consents: [{ purpose: 'marketing-email', granted: true, source: 'account' }] });
    await segments(scene.database, { key: 's1', revision: 1, data: { id: 's1', name: 'Best customers', customerGroup: null } });
    await customers(scene.database, { key: id, revision: 1, data: aCustomer(id, { segmentIds: ['s1', 's2'] }) });
    const { json, headers: told } = await look(headers);
    expect(json.customer).toMatchObject({ id, email: `${id}@example.com`, segments: [{ id: 's1', name: 'Best customers' }], revision: 1 });
    expect(told.get('cache-control')).toBe('no-store');
  });

  it('changes what is given and nothing else, and sees what the CRM made of it', async () => {
    const { id, headers } = await somebody();
    await customers(scene.database, { key: id, revision: 1, data: aCustomer(id) });
    const answer = ask('PATCH', { phone: '+49 221 1', name: null, consents: [{ purpose: 'profiling', granted: false, source: 'checkout' }] }, { ...headers, prefer: 'wait=10' });
    const [command] = await eventually(async () => {
      const found = await asked<UpdateCustomer>(updateCustomer, id);
      return found.length > 0 && found;
    });
    expect(Object.keys(command ?? {}).toSorted()).toEqual(['consents', 'customerId', 'name', 'phone', 'requestedAt']);
    expect(command).toMatchObject({ phone: '+49 221 1', name: null, consents: [{ purpose: 'profiling', granted: false, source: 'checkout' }] });
    await customers(scene.database, { key: id, revision: 2, data: aCustomer(id, { phone: '+49 221 1' }) });
    const { status, json } = await answer;
    expect([status, json.customer?.phone, json.customer?.revision]).toEqual([200, '+49 221 1', 2]);
  });

  it('who was merged into another is that one', async () => {
    const { id, headers } = await somebody();
    await customers(scene.database, { key: id, revision: 1, data: aCustomer(id, { mergedInto: 'other' }) }, { key: 'other', revision: 1, data: aCustomer('other') });
    expect((await look(headers)).json.customer?.id).toBe('other');
    await customers(scene.database, { key: 'other', revision: 2, data: aCustomer('other', { mergedInto: id }) });
    expect((await look(headers)).status).toBe(404);
  });

  it('has a GraphQL of the same', async () => {
    const { id, headers } = await somebody();
    const run = async (query: string) => (await graphql(api, query, headers)).json as unknown as { data: Record<string, Record<string, unknown>> };
    const registered = await run('mutation { registerCustomer(input: { email: "g@example.com", consents: [{ purpose: MARKETING_PHONE, granted: true }] }, waitSeconds: 0) { done customer { id } userErrors { code field } } }');
    expect(registered.data['registerCustomer']).toEqual({ done: false, customer: null, userErrors: [] });
    expect(await asked<RegisterCustomer>(registerCustomer, id)).toMatchObject([{ consents: [{ purpose: 'marketing-phone' }] }]);
    const refused = await run('mutation { updateCustomer(input: { email: "g" }, waitSeconds: 0) { done userErrors { code field } } }');
    expect(refused.data['updateCustomer']).toEqual({ done: false, userErrors: [{ code: 'GATEWAY_INPUT_REFUSED', field: ['input', 'email'] }] });
    await customers(scene.database, { key: id, revision: 1, data: aCustomer(id, { consents: [{ purpose: 'marketing-phone', granted: true, at: '2026-11-24T10:00:00.000Z', source: 'account' }] }) });
    expect((await run('{ customer { id consents { purpose granted } } }')).data['customer']).toEqual({ id, consents: [{ purpose: 'MARKETING_PHONE', granted: true }] });
  });
});

describe('the door of customers', () => {
  it('is shut to guests', async () => {
    for (const [method, body] of [['GET', undefined], ['PUT', { email: 'e@example.com' }], ['PATCH', { name: 'x' }], ['DELETE', undefined]] as const) {
      const { status, json, headers } = method === 'GET' ? await look({}) : await ask(method, body ?? '', {});
      expect([method, status, json.code, headers.get('www-authenticate')]).toEqual([method, 401, 'IDENTITY_REQUIRED', 'Bearer']);
    }
    const { status, json } = await graphql(api, '{ customer { id } }');
    expect([status, json.errors[0]?.extensions.code]).toEqual([401, 'IDENTITY_REQUIRED']);
  });

  it.each<[string, string, unknown, string]>([
    ['no address of mail', 'PUT', { email: 'e' }, '/email'],
    ['a field that is not known', 'PUT', { email: 'e@example.com', customerGroup: 'staff' }, '/customerGroup'],
    ['an unknown purpose', 'PATCH', { consents: [{ purpose: 'everything', granted: true }] }, '/consents/0/purpose'],
    ['a mail address that is cleared', 'PATCH', { email: null }, '/email'],
    ['nothing to change', 'PATCH', {}, ''],
  ])('refuses %s', async (_name, method, body, pointer) => {
    const { id, headers } = await somebody();
    const { status, json } = await ask(method, body, headers);
    expect([status, json.code, json.errors[0]?.pointer]).toEqual([422, 'GATEWAY_INPUT_REFUSED', pointer]);
    expect([await asked(registerCustomer, id), await asked(updateCustomer, id)]).toEqual([[], []]);
  });
});

it('who is erased is found in no table any more, and others are', async () => {
  const [gone, stays] = [await somebody(), await somebody()];
  const planted = (id: string) => `planted.${id}@example.org`;
  for (const { id, headers } of [gone, stays]) {
    await ask('PUT', { email: planted(id), addresses: [{ ...address, street: planted(id) }] }, headers);
    await customers(scene.database, { key: id, revision: 1, data: aCustomer(id, { email: planted(id) }) });
    const body = { ...(await orderBody(api, [{ sku: 'cap', quantity: 1 }], headers)), email: planted(id) };
    const key = randomUUID();
    const { json } = await sendOrder(api, body, { ...headers, key });
    const command = (await commands(scene.database)).find(({ orderId }) => orderId === json.order.id);
    if (command === undefined) throw new Error('no command');
    const payment = { status: 'REQUIRES_ACTION' as const, authorizedAmount: 0, capturedAmount: 0, refundedAmount: 0, actionUrl: `https://psp.example/${planted(id)}` };
    await orders(scene.database, { key: json.order.id, revision: 1, data: anOrder(command, { payment }) });
    // Whoever was to answer had died before: the answer that is stored now tells where to go.
    await scene.database.query(`update idempotency set status = null, answer = null, answering_until = now() - interval '1 second' where resource_id = $1`, [json.order.id]);
    expect((await sendOrder(api, body, { ...headers, key })).status).toBe(201);
  }
  await scene.database.query('update outbox set published_at = now()');
  const before = await tablesThatMention(scene.database.pool, planted(stays.id));
  expect(await tablesThatMention(scene.database.pool, planted(gone.id))).toEqual(before);
  expect(before).toEqual(expect.arrayContaining(['idempotency', 'outbox_default', 'stored_part']));

  const answer = ask('DELETE', '', { ...gone.headers, prefer: 'wait=10' });
  await eventually(async () => (await asked(eraseCustomer, gone.id)).length === 1);
  await customers(scene.database, { key: gone.id, revision: 2, data: null });
  expect((await answer).status).toBe(204);
  expect(await tablesThatMention(scene.database.pool, planted(gone.id))).toEqual([]);
  expect(await tablesThatMention(scene.database.pool, planted(stays.id))).toEqual(before);
  expect((await look(gone.headers)).status).toBe(404);
});
