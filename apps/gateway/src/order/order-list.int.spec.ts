import { bearer, eventually } from '@steward/testing';
import { refuseErasedIn } from '../customer/erased';
import { get, graphql, send } from '../fixtures/api.fixture.spec';
import { customers, orders } from '../fixtures/read-model.fixture.spec';
import { capShop, type CapShop, anOrder, aPlacedOrder, commands, orderBody, sendOrder } from '../fixtures/shopper.fixture.spec';
import type { OrderView } from './order-view';

interface Page {
  items: OrderView[];
  page: { first: number; hasNext: boolean; next: string | null };
  code?: string;
}

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

async function somebody() {
  count += 1;
  const id = `buyer-${String(count)}`;
  return { id, headers: bearer(await issuer.token({ steward_customer: id })) };
}
type Headers = Record<string, string>;
async function buy(headers: Headers) {
  const { status, json } = await sendOrder(api, await orderBody(api, [{ sku: 'cap', quantity: 1 }], headers), headers);
  expect(status).toBe(202);
  return json;
}
const list = (headers: Headers, query = '') => get<Page>(api, `/v1/orders${query}`, headers);
const ids = ({ json }: { json: Page }) => json.items.map(({ id }) => id);
const commandOf = async (orderId: string) => {
  const found = (await commands(scene.database)).find((each) => each.orderId === orderId);
  if (found === undefined) throw new Error(`no command for ${orderId}`);
  return found;
};
const aCustomer = (id: string) => ({
  customerId: id, email: `${id}@example.com`, name: null, phone: null, language: null, addresses: [], consents: [], segmentIds: [], customerGroup: 'public', registeredAt: null, mergedInto: null,
});

describe('the orders of a customer', () => {
  it('come page by page from the newest on, as each stands now, kept by nobody', async () => {
    const { headers } = await somebody();
    const placed: string[] = [];
    for (let order = 0; order < 3; order += 1) placed.unshift((await buy(headers)).order.id);
    await orders(scene.database, { key: placed[1] ?? '', revision: 4, data: anOrder(await commandOf(placed[1] ?? '')) });
    const first = await list(headers, '?first=2');
    expect([first.status, first.json.page.hasNext, first.headers.get('cache-control')]).toEqual([200, true, 'no-store']);
    expect(first.json.items.map(({ id, status, revision }) => [id, status, revision])).toEqual([[placed[0], 'ACCEPTED', 0], [placed[1], 'CONFIRMED', 4]]);
    const next = /^<(.*)>; rel="next"$/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
    const last = await get<Page>(api, next, headers);
    expect([ids(last), last.json.page]).toEqual([[placed[2]], { first: 2, hasNext: false, next: null }]);
    // What comes meanwhile stands before the first page, and moves nothing behind it.
    await buy(headers);
    expect(ids(await get<Page>(api, next, headers))).toEqual([placed[2]]);
    expect(ids(await list(headers)).slice(1)).toEqual(placed);
  });

  it('hold what the order service tells of and this database has lost', async () => {
    const { id, headers } = await somebody();
    const { order } = await buy(headers);
    await orders(scene.database, { key: '00000000-lost', revision: 1, data: anOrder({ ...aPlacedOrder('00000000-lost'), customerId: id }) });
    await orders(scene.database, { key: order.id, revision: 1, data: anOrder(await commandOf(order.id)) });
    expect(ids(await list(headers))).toEqual([order.id, '00000000-lost']);
  });

  it('are a connection of GraphQL with the same cursors', async () => {
    const { headers } = await somebody();
    const placed = [(await buy(headers)).order.id, (await buy(headers)).order.id].toReversed();
    const ask = async (after: string | null) => {
      const { json } = await graphql(api, { query: 'query ($after: String) { orders(first: 1, after: $after) { nodes { id fulfilment } edges { cursor node { number } } pageInfo { hasNextPage hasPreviousPage endCursor } } }', variables: { after } }, headers);
      return (json as unknown as { data: { orders: { nodes: { id: string }[]; pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; endCursor: string } } }; extensions: { cost: { requested: number } } });
    };
    const { data: { orders: page }, extensions } = await ask(null);
    expect([page.nodes[0]?.id, page.pageInfo.hasNextPage, page.pageInfo.hasPreviousPage, extensions.cost.requested]).toEqual([placed[0], true, false, 1]);
    expect(page.pageInfo.endCursor).toBe((await list(headers, '?first=1')).json.page.next);
    const { data: { orders: rest } } = await ask(page.pageInfo.endCursor);
    expect([rest.nodes[0]?.id, rest.pageInfo.hasNextPage, rest.pageInfo.hasPreviousPage]).toEqual([placed[1], false, true]);
  });

  it('are for nobody else', async () => {
    const [one, other] = [await somebody(), await somebody()];
    const { order, orderToken } = await buy(one.headers);
    await buy(one.headers);
    expect(ids(await list(other.headers))).toEqual([]);
    const { json } = await list(one.headers, '?first=1');
    const foreign = await list(other.headers, `?after=${json.page.next ?? ''}`);
    expect([foreign.status, foreign.json.code]).toEqual([400, 'GATEWAY_CURSOR_REFUSED']);
    // The token of an order opens that order, and no list.
    for (const headers of [{}, { 'steward-order-token': orderToken }, { authorization: 'Bearer abc' }]) expect((await list(headers)).status).toBe(401);
    expect((await graphql(api, '{ orders { nodes { id } } }')).json.errors[0]?.extensions.code).toBe('IDENTITY_REQUIRED');
    expect((await get<Page>(api, `/v1/orders/${order.id}`, other.headers)).status).toBe(404);
  });

  it.each([['?first=251'], ['?first=0'], ['?after=x'], ['?status=ACCEPTED']])('refuse %s', async (query) => {
    expect((await list((await somebody()).headers, query)).status).toBe(400);
  });
});

describe('an erased customer whose token is still good', () => {
  it('sees no order any more and places none, and the same person as a guest or registered anew does', async () => {
    const { id, headers } = await somebody();
    const { order, orderToken } = await buy(headers);
    const body = await orderBody(api, [{ sku: 'cap', quantity: 1 }], headers);
    await customers(scene.database, { key: id, revision: 1, data: aCustomer(id) }, { key: id, revision: 2, data: null });

    const before = await commands(scene.database);
    const refused = await sendOrder(api, body, headers);
    expect([refused.status, refused.json.code]).toEqual([403, 'CUSTOMER_ERASED']);
    const input = 'input: { email: "e@example.com", shippingAddress: { name: "n", street: "s", postalCode: "1", city: "c", country: "DE" }, lines: [{ sku: "cap", quantity: 1, promise: $promise }], payment: { method: INVOICE } }';
    const mutation = `mutation ($promise: String!) { placeOrder(${input}, idempotencyKey: "a-key-of-graphql-1") { order { id } userErrors { code } } }`;
    const { json } = await graphql(api, { query: mutation, variables: { promise: body.lines[0]?.promise } }, headers);
    expect((json as unknown as { data: { placeOrder: unknown } }).data.placeOrder).toEqual({ order: null, userErrors: [{ code: 'CUSTOMER_ERASED' }] });
    expect(await commands(scene.database)).toEqual(before);

    const shown = await list(headers);
    expect([shown.status, shown.json.code]).toEqual([403, 'CUSTOMER_ERASED']);
    expect((await get<Page>(api, `/v1/orders/${order.id}`, headers)).status).toBe(404);
    expect((await send<Page>(api, 'POST', `/v1/orders/${order.id}/cancel`, '', headers)).status).toBe(404);
    // Whoever holds the secret of one order still follows that one.
    expect((await get<Page>(api, `/v1/orders/${order.id}`, { ...headers, 'steward-order-token': orderToken })).status).toBe(200);

    await customers(scene.database, { key: id, revision: 3, data: aCustomer(id) });
    expect((await sendOrder(api, body, headers)).status).toBe(202);
  });

  it('leaves no order behind that was being accepted as the tombstone came', async () => {
    const { id } = await somebody();
    await customers(scene.database, { key: id, revision: 1, data: aCustomer(id) });
    let erasing = Promise.resolve();
    await scene.database.transaction(async (tx) => {
      await refuseErasedIn(tx, id);
      erasing = customers(scene.database, { key: id, revision: 2, data: null });
      await eventually(async () => (await scene.database.query(`select 1 from pg_locks where not granted and locktype = 'transactionid'`)).length > 0);
      await tx.query(`insert into accepted_order (order_id, number, customer_id, token_salt, token_hash, accepted_at) values ('late', 'LATE', $1, '', '', now())`, [id]);
    });
    await erasing;
    // The sender's message about this order is to go from the broker: the tombstone has found it.
    expect(await scene.database.query(`select subject from forgotten_message where subject like '%.late'`)).not.toEqual([]);
  });
});
