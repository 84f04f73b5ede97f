import { order, placeOrder, price, product, subjectOf, type Order, type PlaceOrder } from '@steward/contracts';
import { eventually } from '@steward/testing';
import type { GatewayApi } from '../api/gateway-api';
import { apiOn, get } from '../fixtures/api.fixture.spec';
import { openLine, type Line } from '../fixtures/line.fixture.spec';
import { aPrice, aProduct } from '../fixtures/read-model.fixture.spec';
import { anOrder, orderBody, sendOrder } from '../fixtures/shopper.fixture.spec';
import type { GatewayProjector } from '../projector/gateway-projector';
import type { OrderView } from '../order/order-view';

let line: Line;
let projector: GatewayProjector;
let api: GatewayApi;
const lines = [{ sku: 'cap', quantity: 1 }];

beforeAll(async () => {
  line = await openLine();
  projector = await line.startProjector();
  api = await apiOn(line.testing.url);
  await line.say('pim', { contract: product, key: 'cap', revision: 1, data: aProduct('cap') });
  await line.say('pricing', { contract: price, key: 'cap', revision: 1, data: aPrice('cap', 'cap', 1_999) });
  await eventually(async () => (await get(api, '/v1/products/cap')).json.price?.value != null);
});
afterAll(async () => {
  await api.stop();
  await projector.stop();
  await line.stop();
});

/** Commands of this order in the stream, as the order service would read them. */
const sent = (orderId: string): Promise<PlaceOrder[]> =>
  line.broker.asProvisioner(async (manager) => {
    const found = await manager.streams.getMessage('GATEWAY_COMMANDS', { last_by_subj: subjectOf(placeOrder, 'gateway', orderId) });
    return found === null ? [] : [found.json<PlaceOrder>()];
  });
const told = async (command: PlaceOrder, revision: number, more: Partial<Order> = {}) => line.say('oms', { contract: order, key: command.orderId, revision, data: anOrder(command, more) });

it('goes from the shopper to the order service and back while the shopper waits', async () => {
  const answer = sendOrder(api, await orderBody(api, lines), { prefer: 'wait=10' });
  const orderId = await eventually(async () => (await projector.database.query<{ order_id: string }>('select order_id from accepted_order'))[0]?.order_id);
  const [command] = await eventually(async () => {
    const found = await sent(orderId ?? '');
    return found.length > 0 && found;
  });
  expect(placeOrder.validateConsumed(command)).toEqual([]);
  if (command !== undefined) await told(command, 1);
  const { status, json } = await answer;
  expect([status, json.order.id, json.order.status]).toEqual([201, orderId, 'CONFIRMED']);
});

it('I7: is accepted while projector and broker are gone, and goes its way when they are back', async () => {
  await projector.stop();
  await line.broker.kill();
  const placed = await Promise.all(Array.from({ length: 20 }, async () => sendOrder(api, await orderBody(api, lines))));
  expect(placed.map(({ status, json }) => [status, json.order.status])).toEqual(Array(20).fill([202, 'ACCEPTED']));
  await line.broker.restart();
  projector = await line.startProjector();
  for (const { json } of placed) {
    const [command] = await eventually(async () => {
      const found = await sent(json.order.id);
      return found.length > 0 && found;
    });
    if (command !== undefined) await told(command, 1);
  }
  for (const { json } of placed)
    await eventually(async () => (await get<OrderView>(api, `/v1/orders/${json.order.id}`, { 'steward-order-token': json.orderToken })).json.status === 'CONFIRMED');
});
