import type { Order, PlaceOrder } from '@steward/contracts';
import { eventually } from '@steward/testing';
import type { GatewayApi } from '../api/gateway-api';
import { apiOn, get, stage } from '../fixtures/api.fixture.spec';
import { aPrice, aProduct, orders, prices, products } from '../fixtures/read-model.fixture.spec';
import { anOrder, commands, orderBody, sendOrder } from '../fixtures/shopper.fixture.spec';
import type { OrderView } from './order-view';

let scene: Awaited<ReturnType<typeof stage>>;
let api: GatewayApi;

beforeAll(async () => {
  scene = await stage();
  await products(scene.database, { key: 'cap', revision: 1, data: aProduct('cap') });
  await prices(scene.database, { key: 'cap', revision: 1, data: aPrice('cap', 'cap', 1_999) });
  api = await apiOn(scene.url, { env: { STEWARD_GATEWAY_CHECKOUT_RATE_LIMIT: '0' } });
});
afterAll(async () => {
  await api.stop();
  await scene.close();
});

async function placed() {
  const { json } = await sendOrder(api, await orderBody(api, [{ sku: 'cap', quantity: 1 }]));
  const command = (await commands(scene.database)).find(({ orderId }) => orderId === json.order.id) as PlaceOrder;
  const tell = (revision: number, more: Partial<Order> = {}) => orders(scene.database, { key: command.orderId, revision, data: anOrder(command, more) });
  return { id: json.order.id, headers: { 'steward-order-token': json.orderToken }, tell };
}

/** What a reader has heard so far; it leaves when `leave` is called. */
async function follow(on: GatewayApi, id: string, headers: Record<string, string>) {
  const left = new AbortController();
  const response = await fetch(`${on.storefrontUrl}/v1/orders/${id}/events`, { headers, signal: left.signal });
  let text = '';
  let ended = false;
  const reading = (async () => {
    for await (const chunk of response.body ?? []) text += Buffer.from(chunk).toString();
  })().catch(() => undefined).finally(() => (ended = true));
  const heard = () => [...text.matchAll(/^id: (\d+)\nevent: order\ndata: (.*)$/gm)].map(([, version, data]) => [Number(version), (JSON.parse(data ?? '') as OrderView).status]);
  const leave = async () => {
    left.abort();
    await reading;
  };
  return { response, heard, leave, ended: () => ended };
}

it('a reader hears how the order stands and each change of it', async () => {
  const { id, headers, tell } = await placed();
  const reader = await follow(api, id, headers);
  expect([reader.response.status, reader.response.headers.get('content-type'), reader.response.headers.get('cache-control')]).toEqual([200, 'text/event-stream; charset=utf-8', 'no-store, no-transform']);
  await eventually(() => reader.heard().length === 1);
  await tell(1);
  await eventually(() => reader.heard().length === 2);
  await tell(2, { status: 'COMPLETED' });
  await eventually(() => reader.heard().length === 3);
  expect(reader.heard()).toEqual([[0, 'ACCEPTED'], [1, 'CONFIRMED'], [2, 'COMPLETED']]);
  await reader.leave();
});

it('who comes back hears only what they have not seen', async () => {
  const { id, headers, tell } = await placed();
  await tell(3);
  const reader = await follow(api, id, { ...headers, 'last-event-id': '3' });
  await tell(4, { status: 'CANCELLED' });
  await eventually(() => reader.heard().length === 1);
  expect(reader.heard()).toEqual([[4, 'CANCELLED']]);
  await reader.leave();
});

it('nobody else hears anything', async () => {
  const { id } = await placed();
  for (const headers of [{}, { 'steward-order-token': 'x' }]) {
    const { status, json } = await get(api, `/v1/orders/${id}/events`, headers);
    expect([status, json.code]).toEqual([404, 'ORDER_UNKNOWN']);
  }
});

it('a process that stops ends its streams and answers those who wait', async () => {
  const { id, headers } = await placed();
  const stopping = await apiOn(scene.url);
  const body = await orderBody(stopping, [{ sku: 'cap', quantity: 1 }]);
  const reader = await follow(stopping, id, headers);
  await eventually(() => reader.heard().length === 1);
  const before = (await commands(scene.database)).length;
  const waiting = sendOrder(stopping, body, { prefer: 'wait=10' });
  await eventually(async () => (await commands(scene.database)).length > before);
  const from = performance.now();
  await stopping.stop();
  expect((await waiting).status).toBe(202);
  await eventually(() => reader.ended());
  expect(performance.now() - from).toBeLessThan(10_000); // neither waits for its own end
  await reader.leave();
});
