import { randomUUID } from 'node:crypto';
import { bearer, eventually, testIssuer, type TestIssuer } from '@steward/testing';
import type { GatewayApi } from '../api/gateway-api';
import type { CartView } from '../cart/cart-view';
import { apiOn, get, graphql, post, stage } from '../fixtures/api.fixture.spec';
import { aPrice, aProduct, orders, prices, products } from '../fixtures/read-model.fixture.spec';
import { address, anOrder, commands, sendOrder } from '../fixtures/shopper.fixture.spec';

let scene: Awaited<ReturnType<typeof stage>>;
let issuer: TestIssuer;
let api: GatewayApi;

beforeAll(async () => {
  scene = await stage();
  issuer = await testIssuer();
  await products(scene.database, { key: 'cap', revision: 1, data: aProduct('cap') });
  await prices(scene.database, { key: 'cap', revision: 1, data: aPrice('cap', 'cap', 1_999) }, { key: 'club', revision: 1, data: aPrice('club', 'cap', 1_000, { customerGroup: 'club' }) });
  api = await apiOn(scene.url, { env: { ...issuer.env, STEWARD_GATEWAY_SHIPPING: 'eu:standard:490', STEWARD_GATEWAY_CHECKOUT_RATE_LIMIT: '0' } });
});
afterAll(async () => {
  await api.stop();
  await issuer.stop();
  await scene.close();
});

interface Payload {
  order: { id: string; number: string; status: string; fulfilment: string; totals: { gross: { amount: string } }; lines: { unit: { amount: string } }[] } | null;
  orderToken: string | null;
  cart: CartView | null;
  replayed: boolean;
  returnId: string | null;
  userErrors: { code: string; field: string[] | null; message: string }[];
}

/** One field of the answer, or its first error. */
async function ask<T = Payload>(field: string, query: string, variables: object = {}, headers: Record<string, string> = {}) {
  const { status, json, headers: told } = await graphql(api, { query, variables }, headers);
  const data = (json.data ?? {}) as unknown as Record<string, T>;
  return { status, value: data[field] as T, code: json.errors?.[0]?.extensions.code, headers: told };
}

const money = '{ minorUnits amount }';
const cartFields = `market currency orderable validUntil discount ${money} codes { code applied } totals { net ${money} gross ${money} }
  shipping { method promise gross ${money} } lines { sku quantity promise issue { code reason } availability { state } price { unit ${money} taxMode taxRateBp promotions gross ${money} } }`;
const preview = (lines: unknown, headers: Record<string, string> = {}) => ask<CartView>('cartPreview', `query P($lines: [CartLineInput!]!) { cartPreview(lines: $lines) { ${cartFields} } }`, { lines }, headers);
const place = (input: unknown, idempotencyKey: string = randomUUID(), headers: Record<string, string> = {}) =>
  ask('placeOrder', `mutation Place($input: PlaceOrderInput!, $idempotencyKey: String!) { placeOrder(input: $input, idempotencyKey: $idempotencyKey, waitSeconds: 0) {
    order { id number status fulfilment totals { gross ${money} } lines { lineId unit ${money} } payment { status } } orderToken replayed cart { ${cartFields} } userErrors { code field message } } }`, { input, idempotencyKey }, headers);
const cap = (quantity = 1) => [{ sku: 'cap', quantity }];
async function input(quantity = 1) {
  const { value: cart } = await preview(cap(quantity));
  return { email: 'erika@example.com', shippingAddress: address, lines: [{ sku: 'cap', quantity, promise: cart.lines[0]?.promise }], shippingPromise: cart.shipping?.promise, payment: { method: 'CARD', token: 'tok' } };
}

describe('cartPreview', () => {
  it('says what REST says, and is cached by nobody', async () => {
    const lines = [...cap(2), { sku: 'nothing', quantity: 1 }];
    const { value, headers } = await preview(lines);
    const { json } = await post<CartView>(api, '/v1/price-preview', { lines });
    expect([value.totals.gross.amount, value.lines[0]?.price?.gross.amount, value.lines[1]?.issue]).toEqual([json.totals.gross.amount, json.lines[0]?.price?.gross.amount, { code: 'UNKNOWN_SKU', reason: null }]);
    expect(headers.get('cache-control')).toBe('no-store');
    const byGet = await get(api, `/graphql?query=${encodeURIComponent('{ cartPreview(lines: [{ sku: "cap", quantity: 1 }]) { orderable } }')}`);
    expect([byGet.status, byGet.headers.get('cache-control')]).toEqual([200, 'no-store']);
  });

  it('is at the group of the token and of nobody who only names it', async () => {
    const club = bearer(await issuer.token({ steward_group: 'club' }));
    expect((await preview(cap(), club)).value.lines[0]?.price?.unit.amount).toBe('10.00');
    const named = await ask('cartPreview', 'query @inContext(customerGroup: "club") { cartPreview(lines: [{ sku: "cap", quantity: 1 }]) { orderable } }');
    expect(named.code).toBe('GATEWAY_CONTEXT_CONFLICT');
  });

  it('costs as many points as it has lines, and refuses bad ones by their place', async () => {
    const { json } = await graphql(api, { query: 'query P($lines: [CartLineInput!]!) { cartPreview(lines: $lines) { orderable } }', variables: { lines: Array(7).fill(cap()[0]) } });
    expect(json.extensions.cost.requested).toBe(7);
    for (const quantity of [-1, 0, 2_000_000]) expect((await preview([{ sku: 'cap', quantity }])).code).toBe('GATEWAY_INPUT_REFUSED');
    for (const quantity of [1.5, '3', 2_147_483_648]) expect((await preview([{ sku: 'cap', quantity }])).code).toBe('GRAPHQL_DOCUMENT_INVALID');
  });
});

describe('placeOrder', () => {
  it('places an order that REST shows, once per key', async () => {
    const key = randomUUID();
    const body = await input(2);
    const { value, status } = await place(body, key);
    expect([status, value.userErrors, value.replayed, value.order?.status, value.order?.fulfilment, value.order?.totals.gross.amount]).toEqual([200, [], false, 'ACCEPTED', 'NONE', '44.88']);
    const again = await place(body, key);
    expect(again.value).toEqual({ ...value, replayed: true });
    const shown = await get(api, `/v1/orders/${value.order?.id ?? ''}`, { 'steward-order-token': value.orderToken ?? '' });
    expect(shown.status).toBe(200);
    expect((await commands(scene.database)).filter(({ orderId }) => orderId === value.order?.id)).toMatchObject([{ payment: { method: 'card', paymentMethodToken: 'tok' } }]);
    expect((await place(await input(1), key)).value.userErrors).toMatchObject([{ code: 'IDEMPOTENCY_MISMATCH', field: ['idempotencyKey'] }]);
  });

  it('tells what a shopper can mend as data, with its place', async () => {
    const body = await input();
    const errorsOf = async (more: object, key?: string) => (await place({ ...body, ...more }, key)).value.userErrors.map(({ code, field }) => [code, field]);
    expect(await errorsOf({ lines: [{ ...body.lines[0], quantity: 0 }] })).toEqual([['GATEWAY_INPUT_REFUSED', ['input', 'lines', '0', 'quantity']]]);
    expect(await errorsOf({ email: 'erika' })).toEqual([['GATEWAY_INPUT_REFUSED', ['input', 'email']]]);
    expect(await errorsOf({ lines: [{ ...body.lines[0], promise: 'x' }] })).toEqual([['PROMISE_INVALID', ['input', 'lines', '0', 'promise']]]);
    expect(await errorsOf({}, 'short')).toEqual([['IDEMPOTENCY_KEY_REFUSED', ['idempotencyKey']]]);
    const changed = (await place({ ...body, lines: [{ ...body.lines[0], quantity: 2 }] })).value;
    expect([changed.userErrors[0]?.code, changed.cart?.lines[0]?.quantity, changed.cart?.lines[0]?.promise == null]).toEqual(['PRICE_CHANGED', 2, false]);
  });

  it('is no GET, and no batch under one key', async () => {
    const byGet = await get<{ errors: { extensions: { code: string } }[] }>(api, `/graphql?query=${encodeURIComponent('mutation { cancelOrder(id: "x") { userErrors { code } } }')}`);
    expect([byGet.status, byGet.json.errors[0]?.extensions.code]).toEqual([405, 'GRAPHQL_METHOD_REFUSED']);
  });

  it('shows an order only to whoever may see it', async () => {
    const { json } = await sendOrder(api, { ...(await input()), payment: { method: 'invoice' } });
    const { id } = json.order;
    const query = 'query O($id: ID!, $token: String) { order(id: $id, token: $token) { id status payment { status } lines { lineId } } }';
    expect((await ask<{ id: string }>('order', query, { id, token: json.orderToken })).value.id).toBe(id);
    expect((await ask('order', query, { id })).value).toBeNull();
    expect((await ask('order', query, { id, token: 'x' })).value).toBeNull();
  });

  it('is cancelled, and returned, with errors as data', async () => {
    const { json } = await sendOrder(api, await input().then((body) => ({ ...body, payment: { method: 'invoice' } })));
    const { id } = json.order;
    const token = json.orderToken;
    const cancel = (given: object) => ask('cancelOrder', 'mutation C($id: ID!, $token: String) { cancelOrder(id: $id, token: $token, waitSeconds: 0) { order { id status } userErrors { code field } } }', given);
    expect((await cancel({ id })).value).toEqual({ order: null, userErrors: [{ code: 'ORDER_UNKNOWN', field: ['id'] }] });
    expect((await cancel({ id, token })).value).toEqual({ order: { id, status: 'ACCEPTED' }, userErrors: [] });
    const sendBack = 'mutation R($id: ID!, $token: String, $key: String!) { requestReturn(id: $id, token: $token, lines: [{ lineId: "1", quantity: 1 }], idempotencyKey: $key) { returnId replayed userErrors { code field } } }';
    const [command] = (await commands(scene.database)).filter(({ orderId }) => orderId === id);
    if (command === undefined) throw new Error('no command');
    expect((await ask('requestReturn', sendBack, { id, token, key: randomUUID() })).value).toEqual({ returnId: null, replayed: false, userErrors: [{ code: 'RETURN_REFUSED', field: ['lines', '0', 'quantity'] }] });
    const lines = command.lines.map(({ promise: _promise, ...line }) => ({ ...line, shippedQuantity: 1, cancelledQuantity: 0, returnedQuantity: 0 }));
    await orders(scene.database, { key: id, revision: 1, data: anOrder(command, { lines, status: 'COMPLETED' }) });
    const key = randomUUID();
    const { value: sent } = await ask('requestReturn', sendBack, { id, token, key });
    expect(sent).toEqual({ returnId: expect.any(String) as string, replayed: false, userErrors: [] });
    expect((await ask('requestReturn', sendBack, { id, token, key })).value).toEqual({ ...sent, replayed: true });
    const byRest = (quantity: number) => post<{ return: { id: string } }>(api, `/v1/orders/${id}/returns`, { lines: [{ lineId: '1', quantity }] }, { 'idempotency-key': key, 'steward-order-token': token });
    expect([(await byRest(1)).json.return.id, (await byRest(2)).status]).toEqual([sent.returnId, 422]);
    expect((await cancel({ id, token })).value.userErrors).toEqual([{ code: 'ORDER_NOT_CANCELLABLE', field: ['id'] }]);
  });
});

describe('a subscription', () => {
  const query = 'subscription S($id: ID!, $token: String) { order(id: $id, token: $token) { id status revision payment { status } } }';

  it('tells the order now and after each change, until its reader leaves', async () => {
    const { json } = await sendOrder(api, await input().then((body) => ({ ...body, payment: { method: 'invoice' } })));
    const { id } = json.order;
    const [command] = (await commands(scene.database)).filter(({ orderId }) => orderId === id);
    if (command === undefined) throw new Error('no command');
    const left = new AbortController();
    const response = await fetch(`${api.storefrontUrl}/graphql`, {
      method: 'POST', signal: left.signal, headers: { 'content-type': 'application/json', accept: 'text/event-stream' }, body: JSON.stringify({ query, variables: { id, token: json.orderToken } }),
    });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
    let text = '';
    const reading = (async () => {
      for await (const chunk of response.body ?? []) text += Buffer.from(chunk).toString();
    })().catch(() => undefined);
    const statuses = () => [...text.matchAll(/^event: next\ndata: (.*)$/gm)].map(([, data]) => (JSON.parse(data ?? '') as { data: { order: { status: string } } }).data.order.status);
    await eventually(() => statuses().length === 1);
    await orders(scene.database, { key: id, revision: 1, data: anOrder(command) });
    await eventually(() => statuses().length === 2);
    expect(statuses()).toEqual(['ACCEPTED', 'CONFIRMED']);
    left.abort();
    await reading;
  });

  it('needs a reader of streams, and an order of theirs', async () => {
    const refused = await graphql(api, { query, variables: { id: 'x' } });
    expect([refused.status, refused.json.errors[0]?.extensions.code]).toEqual([406, 'GRAPHQL_STREAM_NEEDED']);
    const unknown = await graphql(api, { query, variables: { id: 'x' } }, { accept: 'text/event-stream' });
    expect([unknown.status, unknown.json.errors[0]?.extensions.code]).toEqual([404, 'ORDER_UNKNOWN']);
    const broken = await graphql(api, { query: 'subscription { nothing }' }, { accept: 'text/event-stream' });
    expect([broken.status, broken.json.errors[0]?.extensions.code]).toEqual([400, 'GRAPHQL_DOCUMENT_INVALID']);
  });
});
