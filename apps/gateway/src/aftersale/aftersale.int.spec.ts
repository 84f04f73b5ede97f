import { randomUUID } from 'node:crypto';
import { cancelOrder, fulfilment, orderReturn, requestReturn, type CancelOrder, type Order, type RequestReturn } from '@steward/contracts';
import { armFaults } from '@steward/platform';
import { bearer, eventually } from '@steward/testing';
import { get, post } from '../fixtures/api.fixture.spec';
import { orderParts, orders } from '../fixtures/read-model.fixture.spec';
import { capShop, type CapShop, anOrder, commands, orderBody, sendOrder, type OrderAnswer } from '../fixtures/shopper.fixture.spec';
import type { OrderView } from '../order/order-view';
import type { RequestedReturn } from './request-return';

let shop: CapShop;
let scene: CapShop['scene'];
let issuer: CapShop['issuer'];
let api: CapShop['api'];

beforeAll(async () => {
  shop = await capShop();
  ({ scene, issuer, api } = shop);
});
afterAll(() => shop.close());

const stranger = async () => bearer(await issuer.token({ steward_customer: 'stranger' }));

/** An order of three caps, with the headers of whoever may see it. */
async function placed(more?: Partial<Order>) {
  const { json } = await sendOrder(api, await orderBody(api, [{ sku: 'cap', quantity: 3 }]));
  const { id } = json.order;
  const [command] = (await commands(scene.database)).filter(({ orderId }) => orderId === id);
  if (command === undefined) throw new Error('no command');
  const told = (revision: number, state: Partial<Order>) => orders(scene.database, { key: id, revision, data: anOrder(command, state) });
  if (more !== undefined) await told(1, more);
  const shipped = command.lines.map(({ promise: _promise, ...line }) => ({ ...line, shippedQuantity: 2, cancelledQuantity: 0, returnedQuantity: 1 }));
  return { id, told, shipped, owner: { 'steward-order-token': json.orderToken } };
}

describe('a cancellation', () => {
  const cancel = (id: string, headers: Record<string, string>, body: unknown = {}) => post<OrderAnswer>(api, `/v1/orders/${id}/cancel`, body, { prefer: 'wait=0', ...headers });
  const asked = async (id: string) => (await commands<CancelOrder>(scene.database, 'cancel-order')).filter(({ orderId }) => orderId === id);

  it('is asked for once, however often it is clicked, and the order says what became of it', async () => {
    const { id, told, owner } = await placed();
    const [first] = [await cancel(id, owner, { reason: 'Too late' }), ...(await Promise.all([cancel(id, owner), cancel(id, owner, '')]))];
    expect([first.status, first.json.order.status, first.headers.get('retry-after')]).toEqual([202, 'ACCEPTED', '1']);
    const commandsOfIt = await asked(id);
    expect(commandsOfIt).toMatchObject([{ orderId: id, requestedBy: 'customer', reason: 'Too late' }]);
    expect(cancelOrder.validateProduced(commandsOfIt[0])).toEqual([]);
    const waiting = cancel(id, { ...owner, prefer: 'wait=10' });
    await told(1, { status: 'CANCELLED' });
    const done = await waiting;
    expect([done.status, done.json.order.status]).toEqual([200, 'CANCELLED']);
    expect([(await cancel(id, owner)).status, await asked(id)]).toEqual([200, commandsOfIt]);
  });

  it('of an order that has come to its end is refused', async () => {
    for (const status of ['REJECTED', 'COMPLETED'] as const) {
      const { id, owner } = await placed({ status });
      const { status: refused, json } = await cancel(id, owner);
      expect([refused, json.code, await asked(id)]).toEqual([409, 'ORDER_NOT_CANCELLABLE', []]);
    }
  });

  it('of somebody else’s order finds none', async () => {
    const { id } = await placed();
    for (const headers of [{}, await stranger()]) expect([(await cancel(id, headers)).json.code, await asked(id)]).toEqual(['ORDER_UNKNOWN', []]);
  });
});

describe('a return', () => {
  const send = (id: string, lines: unknown, headers: Record<string, string>, key: string = randomUUID()) =>
    post<RequestedReturn & OrderAnswer>(api, `/v1/orders/${id}/returns`, { lines, reason: null }, { 'idempotency-key': key, ...headers });
  const asked = async (id: string) => (await commands<RequestReturn>(scene.database, 'request-return')).filter(({ orderId }) => orderId === id);
  const shippedOrder = async () => {
    const order = await placed();
    await order.told(1, { lines: order.shipped, fulfilment: { status: 'PARTIALLY_SHIPPED' } });
    return order;
  };

  it('of what has shipped is asked for once per key', async () => {
    const { id, owner } = await shippedOrder();
    const key = randomUUID();
    const lines = [{ lineId: '1', quantity: 1 }];
    const first = await send(id, lines, owner, key);
    expect([first.status, first.json.return]).toEqual([202, { id: expect.any(String) as string, orderId: id, status: 'REQUESTED', lines }]);
    const again = await send(id, lines, owner, key);
    expect([again.status, again.json, again.headers.get('idempotent-replayed')]).toEqual([202, first.json, 'true']);
    const other = await send(id, [{ lineId: '1', quantity: 2 }], owner, key);
    expect([other.status, other.json.code, other.json.errors]).toMatchObject([422, 'IDEMPOTENCY_MISMATCH', [{ pointer: 'idempotency-key', detail: 'was used with another request' }]]);
    const [command, ...more] = await asked(id);
    expect([command, more]).toMatchObject([{ returnId: first.json.return.id, orderId: id, lines }, []]);
    expect(requestReturn.validateProduced(command)).toEqual([]);
  });

  it('S4: whose answer failed after it was asked for is answered the next time, and asked for once', async () => {
    const { id, owner } = await shippedOrder();
    const key = randomUUID();
    const lines = [{ lineId: '1', quantity: 1 }];
    const disarm = armFaults('commit=throw-after#1');
    const lost = await send(id, lines, owner, key).finally(disarm);
    const found = await send(id, lines, owner, key);
    expect([lost.status, found.status, await asked(id)]).toMatchObject([500, 202, [{ returnId: found.json.return.id }]]);
  });

  it('of which the answer is on its way is to be asked for again in a second', async () => {
    const { id, owner } = await shippedOrder();
    const key = randomUUID();
    const lines = [{ lineId: '1', quantity: 1 }];
    const { json } = await send(id, lines, owner, key);
    await scene.database.query(`update idempotency set status = null, answer = null, answering_until = now() + interval '1 minute' where resource_id = $1`, [json.return.id]);
    const again = await send(id, lines, owner, key);
    expect([again.status, again.json.code, again.headers.get('retry-after')]).toEqual([409, 'IDEMPOTENCY_IN_PROGRESS', '1']);
  });

  it.each<[string, unknown, string]>([
    ['of more than has shipped and not come back', [{ lineId: '1', quantity: 2 }], '/lines/0/quantity'],
    ['of a line that is not there', [{ lineId: '9', quantity: 1 }], '/lines/0/lineId'],
    ['of a line given twice', [{ lineId: '1', quantity: 1 }, { lineId: '1', quantity: 1 }], '/lines/1/lineId'],
  ])('%s is refused at its place', async (_name, lines, pointer) => {
    const { id, owner } = await shippedOrder();
    const { status, json } = await send(id, lines, owner);
    expect([status, json.code, json.errors[0]?.pointer, await asked(id)]).toEqual([422, 'RETURN_REFUSED', pointer, []]);
  });

  it.each([-1, 0, 1.5, '3', 2_147_483_648])('of the quantity %j is refused', async (quantity) => {
    const { id, owner } = await shippedOrder();
    const { status, json } = await send(id, [{ lineId: '1', quantity }], owner);
    expect([status, json.code, json.errors[0]?.pointer]).toEqual([422, 'GATEWAY_INPUT_REFUSED', '/lines/0/quantity']);
  });

  it('of somebody else’s order finds none', async () => {
    const { id } = await shippedOrder();
    expect((await send(id, [{ lineId: '1', quantity: 1 }], await stranger())).json.code).toBe('ORDER_UNKNOWN');
  });
});

it('parcels and returns are shown with their order as they come', async () => {
  const { id, owner } = await placed({});
  const lines = [{ lineId: '1', quantity: 2 }];
  await orderParts(scene.database, fulfilment, { key: 'f1', revision: 1, data: { fulfilmentId: 'f1', orderId: id, lines, status: 'shipped', carrier: 'DHL', trackingNumber: '00340', shippedAt: '2026-11-24T10:00:00.000Z' } });
  await orderParts(scene.database, orderReturn, { key: 'r1', revision: 1, data: { returnId: 'r1', orderId: id, status: 'refunded', lines, refundAmount: 3_998 } });
  const shown = await eventually(async () => (await get<OrderView>(api, `/v1/orders/${id}`, owner)).json);
  expect(shown.shipments).toEqual([{ id: 'f1', status: 'SHIPPED', carrier: 'DHL', trackingNumber: '00340', shippedAt: '2026-11-24T10:00:00.000Z', lines }]);
  expect(shown.returns).toMatchObject([{ id: 'r1', status: 'REFUNDED', refund: { amount: '39.98' }, lines }]);
});
