import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { endpointsOf, manualClock, systemClock } from '@steward/platform';
import { eventually } from '@steward/testing';
import { Webhook } from 'standardwebhooks';
import { logger, stage } from '../fixtures/api.fixture.spec';
import { aPlacedOrder, anOrder } from '../fixtures/shopper.fixture.spec';
import { orders } from '../fixtures/read-model.fixture.spec';
import type { OrderView } from '../order/order-view';
import { WebhookSender } from './webhook-sender';

const secrets = ['first', 'second'].map((name) => `whsec_${Buffer.from(`a secret of webhooks: ${name}`).toString('base64')}`);
let scene: Awaited<ReturnType<typeof stage>>;

/** An endpoint with a lever: what it answers. */
async function endpoint() {
  const got: { headers: IncomingHttpHeaders; body: string }[] = [];
  let answers: (count: number) => { status: number; headers?: Record<string, string> } = () => ({ status: 204 });
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      got.push({ headers: request.headers, body });
      const { status, headers } = answers(got.length);
      response.writeHead(status, headers).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/hooks`,
    got,
    answers: (next: typeof answers) => (answers = next),
    stop: () => new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}

let shop: Awaited<ReturnType<typeof endpoint>>;
let sender: WebhookSender | undefined;
beforeAll(async () => {
  scene = await stage();
});
beforeEach(async () => {
  shop = await endpoint();
  await scene.database.query('truncate webhook');
});
afterEach(async () => {
  await sender?.stop();
  sender = undefined;
  await shop.stop();
});
afterAll(() => scene.close());

const start = (given = secrets) => {
  const endpoints = endpointsOf(shop.url, given.join(','), 'STEWARD_GATEWAY_WEBHOOK_SECRETS');
  if (endpoints === undefined) throw new Error('no endpoints');
  sender = new WebhookSender({ endpoints, database: scene.database, clock: systemClock, logger });
  sender.start();
};
const tell = (orderId: string, revision: number, more: Parameters<typeof anOrder>[1] = {}) => orders(scene.database, { key: orderId, revision, data: anOrder(aPlacedOrder(orderId), more) }, [shop.url]);
const row = async () => (await scene.database.query<{ attempts: number; error: string | null; given_up: boolean; wait: number }>('select attempts, error, given_up_at is not null as given_up, extract(epoch from next_at - now())::float8 as wait from webhook'))[0];
const due = () => scene.database.query('update webhook set next_at = now()');
const statusOf = ({ body }: { body: string }) => (JSON.parse(body) as { data: { order: OrderView } }).data.order.status;

it('tells an endpoint of an order, signed with each secret, and without what is the shopper’s own', async () => {
  start();
  await tell('w1', 1, { payment: { status: 'REQUIRES_ACTION', authorizedAmount: 0, capturedAmount: 0, refundedAmount: 0, actionUrl: 'https://psp.example/3ds' } });
  await eventually(() => shop.got.length === 1);
  const [message] = shop.got;
  for (const secret of secrets) expect(() => new Webhook(secret).verify(message?.body ?? '', message?.headers as Record<string, string>)).not.toThrow();
  expect(() => new Webhook(`whsec_${Buffer.from('somebody else').toString('base64')}`).verify(message?.body ?? '', message?.headers as Record<string, string>)).toThrow();
  const told = JSON.parse(message?.body ?? '') as { type: string; data: { order: OrderView } };
  expect([told.type, told.data.order.id, told.data.order.payment.actionUrl]).toEqual(['order.updated', 'w1', null]);
  expect(message?.body).not.toMatch(/erika|Heidestraße/);
  await eventually(async () => (await row()) === undefined);
});

it('tries again with the same message, later and later, until it is told', async () => {
  shop.answers((count) => ({ status: count < 3 ? 500 : 200 }));
  start();
  await tell('w2', 1);
  for (const [attempts, least] of [[1, 4], [2, 290]] as const) {
    await eventually(async () => (await row())?.error !== null && (await row())?.attempts === attempts && ((await row())?.wait ?? 0) > least);
    await scene.database.query('update webhook set error = null');
    await due();
  }
  await eventually(async () => (await row()) === undefined);
  expect(shop.got).toHaveLength(3);
  expect(new Set(shop.got.map(({ headers, body }) => `${String(headers['webhook-id'])} ${body}`)).size).toBe(1);
});

it('waits as long as the endpoint asks, within reason', async () => {
  shop.answers(() => ({ status: 503, headers: { 'retry-after': '900' } }));
  start();
  await tell('w3', 1);
  await eventually(async () => ((await row())?.wait ?? 0) > 800);
});

it('gives up when the endpoint is gone, or was tried as often as is proposed, until the order changes', async () => {
  shop.answers(() => ({ status: 410 }));
  start();
  await tell('w4', 1);
  await eventually(async () => (await row())?.given_up === true);
  shop.answers(() => ({ status: 500 }));
  await tell('w4', 2);
  await eventually(async () => (await row())?.error === 'status 500');
  await scene.database.query('update webhook set attempts = 8, next_at = now()');
  await eventually(async () => (await row())?.given_up === true);
  shop.answers(() => ({ status: 200 }));
  await tell('w4', 3, { status: 'COMPLETED' });
  await eventually(async () => (await row()) === undefined);
  expect(statusOf(shop.got.at(-1) ?? { body: '' })).toBe('COMPLETED');
});

it('an endpoint that was down hears how the order stands, once, and an order each', async () => {
  for (const [revision, status] of [[1, 'ACCEPTED'], [2, 'CONFIRMED'], [3, 'CANCELLED']] as const) await tell('w5', revision, { status });
  await tell('w6', 1);
  start();
  await eventually(async () => (await row()) === undefined);
  expect(shop.got.map((message) => statusOf(message)).toSorted()).toEqual(['CANCELLED', 'CONFIRMED']);
});

it('redirects are not followed', async () => {
  shop.answers(() => ({ status: 302, headers: { location: 'http://127.0.0.1:9/' } }));
  start();
  await tell('w7', 1);
  await eventually(async () => (await row())?.error === 'status 302');
});

it('two replicas tell it once', async () => {
  start();
  const endpoints = endpointsOf(shop.url, secrets[0], 'STEWARD_GATEWAY_WEBHOOK_SECRETS');
  if (endpoints === undefined) throw new Error('no endpoints');
  const other = new WebhookSender({ endpoints, database: scene.database, clock: manualClock(Date.now()), logger });
  other.start();
  try {
    for (let order = 0; order < 40; order += 1) await tell(`many-${String(order)}`, 1);
    await eventually(async () => (await row()) === undefined);
    expect(new Set(shop.got.map(({ headers }) => headers['webhook-id'])).size).toBe(40);
    expect(shop.got).toHaveLength(40);
  } finally {
    await other.stop();
  }
});

it('needs secrets that are some, and does not quote them', () => {
  expect(endpointsOf(undefined, undefined, 'STEWARD_GATEWAY_WEBHOOK_SECRETS')).toBeUndefined();
  expect(() => endpointsOf('http://shop.example/', undefined, 'STEWARD_GATEWAY_WEBHOOK_SECRETS')).toThrow(/ENV_INVALID.*STEWARD_GATEWAY_WEBHOOK_SECRETS/);
  expect(() => endpointsOf('http://shop.example/', 'whsec_', 'STEWARD_GATEWAY_WEBHOOK_SECRETS')).toThrow(/ENV_INVALID/);
});
