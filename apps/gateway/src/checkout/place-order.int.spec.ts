import { randomUUID } from 'node:crypto';
import { placeOrder } from '@steward/contracts';
import { armFaults, manualClock, type ManualClock } from '@steward/platform';
import { bearer, eventually, testIssuer, type TestIssuer } from '@steward/testing';
import type { GatewayApi } from '../api/gateway-api';
import { apiOn, get, post, stage } from '../fixtures/api.fixture.spec';
import { aPrice, aProduct, orders, prices, products, start } from '../fixtures/read-model.fixture.spec';
import { anOrder, address, commands, orderBody, sendOrder } from '../fixtures/shopper.fixture.spec';
import type { OrderView } from '../order/order-view';

const clock: ManualClock = manualClock(start);
let scene: Awaited<ReturnType<typeof stage>>;
let issuer: TestIssuer;
let api: GatewayApi;
const env = { STEWARD_GATEWAY_SHIPPING: 'eu:standard:490', STEWARD_GATEWAY_CHECKOUT_RATE_LIMIT: '0' };

beforeAll(async () => {
  scene = await stage();
  issuer = await testIssuer();
  await products(scene.database, { key: 'cap', revision: 1, data: aProduct('cap') }, { key: 'hat', revision: 1, data: aProduct('hat') });
  await prices(
    scene.database,
    { key: 'cap', revision: 7, data: aPrice('cap', 'cap', 1_999) },
    { key: 'hat', revision: 1, data: aPrice('hat', 'hat', 3_000) },
    { key: 'cap-club', revision: 1, data: aPrice('cap-club', 'cap', 1_000, { customerGroup: 'club' }) },
    { key: 'cap-us', revision: 1, data: aPrice('cap-us', 'cap', 2_100, { market: 'us', currency: 'USD' }) },
  );
  api = await apiOn(scene.url, { clock, env: { ...issuer.env, ...env } });
});
afterAll(async () => {
  await api.stop();
  await issuer.stop();
  await scene.close();
});

const cap = (quantity = 1) => [{ sku: 'cap', quantity }];
const customer = async (id: string, group = 'public') => bearer(await issuer.token({ steward_customer: id, steward_group: group }, { now: clock.now() }));
const rows = async () => (await scene.database.query<{ keys: number; orders: number; commands: number }>('select (select count(*)::int from idempotency) as keys, (select count(*)::int from accepted_order) as orders, (select count(*)::int from outbox) as commands'))[0];
const commandOf = async (orderId: string) => (await commands(scene.database)).find((each) => each.orderId === orderId) ?? fail(orderId);
const fail = (orderId: string): never => {
  throw new Error(`no command for ${orderId}`);
};
const see = (orderId: string, headers: Record<string, string> = {}) => get<OrderView & { code: string; contact?: unknown }>(api, `/v1/orders/${orderId}`, headers);
const token = (orderToken: string) => ({ 'steward-order-token': orderToken });

describe('an order', () => {
  it('is accepted at the promised price while nothing behind the gateway answers, and one command tells of it', async () => {
    const { status, json, headers } = await sendOrder(api, await orderBody(api, [...cap(2), { sku: 'hat', quantity: 1 }]));
    expect([status, json.order.status, json.order.revision]).toEqual([202, 'ACCEPTED', 0]);
    expect([headers.get('location'), headers.get('retry-after'), headers.get('cache-control')]).toEqual([`/v1/orders/${json.order.id}`, '1', 'no-store']);
    expect(json.order.number).toMatch(/^[0-9A-HJKMNP-TV-Z]{10}$/);
    const gross = 2 * 1_999 + 3_000 + 490;
    expect([json.order.totals.gross.minorUnits, json.order.shipping?.gross.minorUnits]).toEqual([String(gross), '490']);
    const command = await commandOf(json.order.id);
    expect(placeOrder.validateProduced(command)).toEqual([]);
    expect(command).toMatchObject({
      number: json.order.number, acceptedAt: new Date(start).toISOString(), market: 'eu', currency: 'EUR', language: 'en', customerId: null, customerGroup: 'public', email: 'erika@example.com',
      shippingAddress: address, billingAddress: null, totals: { grossAmount: gross }, payment: { method: 'card', paymentMethodToken: 'tok_visa' },
      lines: [{ lineId: '1', sku: 'cap', quantity: 2, unitAmount: 1_999, priceId: 'cap', priceRevision: 7 }, { lineId: '2', sku: 'hat' }],
    });
    const outbox = await scene.database.query(`select subject, key, correlation_id from outbox where body::json ->> 'orderId' = $1`, [json.order.id]);
    expect(outbox).toEqual([{ subject: `cmd.gateway.place-order.v1.${json.order.id}`, key: json.order.id, correlation_id: json.order.id }]);
  });

  it('is answered with what the order service decides meanwhile', async () => {
    const body = await orderBody(api, cap());
    const before = (await commands(scene.database)).length;
    const answer = sendOrder(api, body, { prefer: 'wait=10' });
    await eventually(async () => (await commands(scene.database)).length === before + 1);
    const command = (await commands(scene.database)).at(-1) ?? fail('');
    await orders(scene.database, { key: command.orderId, revision: 1, data: anOrder(command, { status: 'ACCEPTED', progress: { reserved: true, authorized: false, placed: false, exported: false } }) });
    await orders(scene.database, { key: command.orderId, revision: 2, data: anOrder(command) });
    const { status, json, headers } = await answer;
    expect([status, json.order.id, json.order.status, json.order.revision, headers.get('preference-applied')]).toEqual([201, command.orderId, 'CONFIRMED', 2, 'wait=10']);
  });

  it('that is rejected meanwhile is a problem with its reason, and stays one', async () => {
    const body = await orderBody(api, cap());
    const key = randomUUID();
    const before = (await commands(scene.database)).length;
    const answer = sendOrder(api, body, { key, prefer: 'wait=10' });
    await eventually(async () => (await commands(scene.database)).length === before + 1);
    const command = (await commands(scene.database)).at(-1) ?? fail('');
    const rejection = { code: 'OUT_OF_STOCK', message: 'Only 0 left', sku: 'cap' };
    await orders(scene.database, { key: command.orderId, revision: 1, data: anOrder(command, { status: 'REJECTED', rejection }) });
    const { status, json, headers } = await answer;
    expect([status, json.code, headers.get('content-type'), json.order.rejection]).toEqual([409, 'ORDER_REJECTED', expect.stringContaining('application/problem+json'), rejection]);
    const again = await sendOrder(api, body, { key });
    expect([again.status, again.json, again.headers.get('idempotent-replayed')]).toEqual([409, json, 'true']);
  });

  it('tells a shopper who has something to do', async () => {
    const body = await orderBody(api, cap());
    const before = (await commands(scene.database)).length;
    const answer = sendOrder(api, body, { prefer: 'wait=10' });
    await eventually(async () => (await commands(scene.database)).length === before + 1);
    const command = (await commands(scene.database)).at(-1) ?? fail('');
    const payment = { status: 'REQUIRES_ACTION' as const, authorizedAmount: 0, capturedAmount: 0, refundedAmount: 0, actionUrl: 'https://psp.example/3ds' };
    await orders(scene.database, { key: command.orderId, revision: 1, data: anOrder(command, { status: 'ACCEPTED', payment }) });
    const { status, json } = await answer;
    expect([status, json.order.status, json.order.payment.actionUrl]).toEqual([201, 'ACCEPTED', 'https://psp.example/3ds']);
  });

  it('may be placed by a customer at the price of the group; one with a guest’s promise is shown that price first', async () => {
    const club = await customer('c1', 'club');
    const guests = await orderBody(api, cap());
    const own = await sendOrder(api, await orderBody(api, cap(), club), club);
    const other = await sendOrder(api, guests, club);
    expect([own.status, other.status, other.json.code, other.json.cart?.lines[0]?.price?.unit.minorUnits]).toEqual([202, 409, 'PRICE_CHANGED', '1000']);
    expect((await commandOf(own.json.order.id)).lines[0]).toMatchObject({ unitAmount: 1_000, priceId: 'cap-club' });
    const plain = await customer('c1');
    const signedIn = await sendOrder(api, guests, plain);
    expect(await commandOf(signedIn.json.order.id)).toMatchObject({ customerId: 'c1', customerGroup: 'public', lines: [{ unitAmount: 1_999 }] });
  });

  it('keeps its promise when the price changes after the preview', async () => {
    const body = await orderBody(api, [{ sku: 'hat', quantity: 1 }]);
    await prices(scene.database, { key: 'hat', revision: 2, data: aPrice('hat', 'hat', 9_900) });
    const { status, json } = await sendOrder(api, body);
    expect([status, json.order.lines[0]?.unit.minorUnits]).toEqual([202, '3000']);
  });
});

describe('the same key (S4)', () => {
  it('with the same request gives the same answer, whatever became of the order since', async () => {
    const body = await orderBody(api, cap());
    const key = randomUUID();
    const first = await sendOrder(api, body, { key });
    const { order } = first.json;
    await orders(scene.database, { key: order.id, revision: 1, data: anOrder(await commandOf(order.id)) });
    clock.advance(24 * 3_600_000); // the promises have expired since
    const again = await sendOrder(api, JSON.stringify(body, null, 2), { key: `"${key}"` });
    expect([again.status, again.json, again.headers.get('idempotent-replayed'), again.headers.get('location')]).toEqual([202, first.json, 'true', `/v1/orders/${order.id}`]);
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    expect((await see(order.id, token(again.json.orderToken))).json.status).toBe('CONFIRMED');
  });

  it('with another body or another context is refused, and nothing changes', async () => {
    const body = await orderBody(api, cap());
    const key = randomUUID();
    await sendOrder(api, body, { key });
    const before = await rows();
    const other = await sendOrder(api, { ...body, email: 'else@example.com' }, { key });
    const elsewhere = await sendOrder(api, body, { key, 'steward-language': 'de' });
    expect([other.status, other.json.code, elsewhere.status, elsewhere.json.code]).toEqual([422, 'IDEMPOTENCY_MISMATCH', 422, 'IDEMPOTENCY_MISMATCH']);
    expect(await rows()).toEqual(before);
  });

  it('of another customer is another key', async () => {
    const key = randomUUID();
    const placed = [];
    for (const id of ['c1', 'c2']) {
      const headers = await customer(id);
      placed.push(await sendOrder(api, await orderBody(api, cap(), headers), { ...headers, key }));
    }
    expect(new Set(placed.map(({ json }) => json.order.id)).size).toBe(2);
  });

  it('five times at once is one order with one command; the others are told to come back, and then get the same', async () => {
    for (let round = 0; round < 10; round += 1) {
      const body = await orderBody(api, cap());
      const key = randomUUID();
      const before = await rows();
      const answers = await Promise.all(Array.from({ length: 5 }, () => sendOrder(api, body, { key })));
      const placed = answers.filter(({ status }) => status === 202);
      expect(placed.length).toBeGreaterThanOrEqual(1);
      for (const { status, json, headers } of answers) if (status !== 202) expect([status, json.code, headers.get('retry-after')]).toEqual([409, 'IDEMPOTENCY_IN_PROGRESS', '1']);
      const last = await sendOrder(api, body, { key });
      expect(placed.every(({ json }) => JSON.stringify(json) === JSON.stringify(last.json))).toBe(true);
      expect(await rows()).toEqual({ keys: (before?.keys ?? 0) + 1, orders: (before?.orders ?? 0) + 1, commands: (before?.commands ?? 0) + 1 });
    }
  });

  it('is answered by the next who asks when whoever was to answer has died', async () => {
    const body = await orderBody(api, cap());
    const key = randomUUID();
    const first = await sendOrder(api, body, { key });
    const died = (until: string) => scene.database.query(`update idempotency set status = null, answer = null, answering_until = ${until} where resource_id = $1`, [first.json.order.id]);
    await died(`now() + interval '1 minute'`);
    expect((await sendOrder(api, body, { key })).json.code).toBe('IDEMPOTENCY_IN_PROGRESS');
    await died(`now() - interval '1 second'`);
    const again = await sendOrder(api, body, { key });
    expect([again.status, again.json]).toEqual([202, first.json]);
  });

  it('O1: of an order whose acceptance was not answered is that order, and one', async () => {
    const body = await orderBody(api, cap());
    const key = randomUUID();
    const before = await rows();
    const disarm = armFaults('commit=throw-after#1');
    const lost = await sendOrder(api, body, { key }).finally(disarm);
    expect(lost.status).toBe(500);
    const found = await sendOrder(api, body, { key });
    expect([found.status, await rows()]).toEqual([202, { keys: (before?.keys ?? 0) + 1, orders: (before?.orders ?? 0) + 1, commands: (before?.commands ?? 0) + 1 }]);
    const never = armFaults('commit=throw-before#1');
    const other = randomUUID();
    const refused = await sendOrder(api, body, { key: other }).finally(never);
    expect([refused.status, (await sendOrder(api, body, { key: other })).status]).toEqual([500, 202]);
  });

  it.each([[undefined], [''], ['short'], ['x'.repeat(256)], ['with spaces in between it']])('is needed: %j is refused', async (key) => {
    const { status, json } = await post(api, '/v1/orders', await orderBody(api, cap()), key === undefined ? {} : { 'idempotency-key': key });
    expect([status, json.code]).toEqual([400, 'IDEMPOTENCY_KEY_REFUSED']);
  });

  it('is not taken by what was refused', async () => {
    const key = randomUUID();
    const body = await orderBody(api, cap());
    expect((await sendOrder(api, { ...body, lines: [] }, { key })).status).toBe(422);
    expect((await sendOrder(api, body, { key })).status).toBe(202);
  });
});

describe('whoever looks at an order', () => {
  it('needs its token or to be its customer; for everybody else there is none', async () => {
    const owner = await customer('owner');
    const { json } = await sendOrder(api, await orderBody(api, cap(), owner), owner);
    const { id } = json.order;
    expect((await see(id, token(json.orderToken))).json).toMatchObject({ id, status: 'ACCEPTED' });
    expect((await see(id, owner)).status).toBe(200);
    for (const headers of [{}, await customer('stranger'), token('x'), token(`${json.orderToken}x`), token('x'.repeat(300))]) {
      const { status, json: problem } = await see(id, headers);
      expect([status, problem.code]).toEqual([404, 'ORDER_UNKNOWN']);
    }
    expect((await see(randomUUID(), owner)).json.code).toBe('ORDER_UNKNOWN');
    expect((await see('a%00b', owner)).json.code).toBe('ORDER_UNKNOWN');
  });

  it('is shown the address only as its customer', async () => {
    const owner = await customer('owner');
    const { json } = await sendOrder(api, await orderBody(api, cap(), owner), owner);
    await orders(scene.database, { key: json.order.id, revision: 1, data: anOrder(await commandOf(json.order.id)) });
    expect((await see(json.order.id, owner)).json.contact).toMatchObject({ email: 'erika@example.com', shippingAddress: address });
    const byToken = JSON.stringify((await see(json.order.id, token(json.orderToken))).json);
    expect(byToken).not.toMatch(/erika|Heidestraße/);
  });

  it('finds no token and no person in what the gateway keeps of an order', async () => {
    const { json } = await sendOrder(api, await orderBody(api, cap()));
    const [kept] = await scene.database.query<{ all: string }>(`select (select json_agg(a)::text from accepted_order a) || (select json_agg(i)::text from idempotency i) as all`);
    expect(kept?.all).toContain(json.order.id);
    expect(kept?.all).not.toContain(json.orderToken);
    expect(kept?.all).not.toMatch(/erika|Heidestraße|tok_visa/);
  });

  it('sees states only get newer', async () => {
    const { json } = await sendOrder(api, await orderBody(api, cap()));
    const command = await commandOf(json.order.id);
    await orders(scene.database, { key: json.order.id, revision: 2, data: anOrder(command) });
    await orders(scene.database, { key: json.order.id, revision: 1, data: anOrder(command, { status: 'ACCEPTED' }) });
    expect((await see(json.order.id, token(json.orderToken))).json).toMatchObject({ status: 'CONFIRMED', revision: 2 });
  });
});
