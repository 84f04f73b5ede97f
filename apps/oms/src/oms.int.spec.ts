/** The whole service in this process, with a real broker and database, Stripe's package and the sandbox's OMS and payment provider. */
import { createAdapter } from '@steward/adapter-kit';
import { cancelOrder, evidenceSubject, type Order, placeOrder, refundPayment, traceSubject } from '@steward/contracts';
import { ask, createRpcClient, headerNames } from '@steward/event-bus';
import { createLogger, envTypes } from '@steward/platform';
import { freePort } from '@steward/servers';
import { eventually, messagesOf, testBroker, type TestBroker, testDatabase, type TestDatabase } from '@steward/testing';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { omsEnv } from './env';
import { adapterEnv, type Gateway, type Neighbour, openGateway, openOperations, StockService } from './fixtures/neighbours.fixture.spec';
import { omsProcessEnv, promised, type Promiser, promiser } from './fixtures/promised.fixture.spec';
import { chargesOf, placedUnder, type SandboxProcess, startSandbox } from './fixtures/sandbox.fixture.spec';
import { oms } from './oms.adapter';

const logger = createLogger({ service: 'oms-test', level: 'silent' });
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('the order service', () => {
  let nats: TestBroker;
  let test: TestDatabase;
  let operations: Neighbour;
  let gateway: Gateway;
  let sandbox: SandboxProcess;
  let port: number;
  let service: Awaited<ReturnType<typeof createAdapter>> | undefined;
  const stock = new StockService();
  let jwks: string;
  let promise: Promiser['promise'];

  beforeAll(async () => {
    port = await freePort();
    [nats, test, sandbox] = await Promise.all([testBroker(), testDatabase({ migrations: [] }), startSandbox(`psp=http://127.0.0.1:${port}/webhooks/stripe`)]);
    operations = await openOperations(nats);
    gateway = await openGateway(nats);
    await stock.open(nats);
    ({ jwks, promise } = await promiser());
    await start();
  });
  afterEach(() => sandbox.control('DELETE', 'psp/faults').then(() => sandbox.control('DELETE', 'oms/faults')));
  afterAll(async () => {
    await service?.stop();
    await stock.stop();
    await gateway.stop();
    await operations.stop();
    await sandbox.stop();
    await nats.stop();
    await test.drop();
  });

  async function start(): Promise<void> {
    const env = omsProcessEnv({ nats, test, sandbox, port, jwks });
    service = await createAdapter(oms, adapterEnv(env, { ...omsEnv, STEWARD_SANDBOX_URL: envTypes.httpUrl, STEWARD_SANDBOX_TOKEN: z.string() }), { logger });
    await eventually(() => Object.keys(service?.runtime.readiness.reasons() ?? { none: '' }).length === 0, { withinMs: 60_000 });
  }

  async function place({ orderId = randomUUID(), method = 'pm_card_visa', claims = {} }: { orderId?: string; method?: string; claims?: object } = {}) {
    const order = await promised({ orderId, method, claims, promise });
    await gateway.send(placeOrder, orderId, order, traceparent);
    return order;
  }

  /** The newest state of an order, as the broker has it. */
  async function told(orderId: string): Promise<(Order & { traceparent: string; correlationId: string }) | undefined> {
    const { rows } = await test.pool.query<{ body: string; traceparent: string; correlation_id: string; published: boolean }>(`select body, traceparent, correlation_id, published_at is not null as published from outbox where entity = 'order' and key = $1 order by revision desc limit 1`, [orderId]);
    const [row] = rows;
    return row === undefined || !row.published ? undefined : { ...(JSON.parse(row.body) as Order), traceparent: row.traceparent, correlationId: row.correlation_id };
  }
  const reaches = (orderId: string, status: Order['status'], withinMs = 15_000) => eventually(async () => {
    const order = await told(orderId);
    return order?.status === status && order;
  }, { withinMs });
  const ordersOf = (number: string) => placedUnder(sandbox, number);

  it('brings an order from the gateway to stock, payment, OMS and ERP, and tells of it in one trace', async () => {
    const { orderId, number } = await place();
    const order = await reaches(orderId, 'CONFIRMED');
    expect(order).toMatchObject({ number, progress: { reserved: true, authorized: true, placed: true, exported: true }, erpReference: `SO-${orderId}`, payment: { status: 'AUTHORIZED', authorizedAmount: 2_000 }, correlationId: orderId });
    expect(order.traceparent.slice(3, 35)).toBe(traceparent.slice(3, 35));
    expect(await ordersOf(number)).toMatchObject([{ state: 'open' }]);
    expect(await chargesOf(sandbox, orderId)).toMatchObject([{ amount: 2_000, capturable: 2_000, captured: 0 }]);
    const { rows } = await test.pool.query(`select distinct substr(traceparent, 4, 32) as trace from effect where correlation_id = $1`, [orderId]);
    expect(rows).toEqual([{ trace: traceparent.slice(3, 35) }]);

    await stock.ship({ shipmentId: `S1-${orderId}`, orderNumber: number, lines: [{ lineId: null, sku: 'SKU-1', quantity: 1 }] }, orderId, false);
    await eventually(async () => (await told(orderId))?.payment.capturedAmount === 1_000);
    await stock.ship({ shipmentId: `S2-${orderId}`, orderNumber: number, lines: [{ lineId: 'L1', sku: 'SKU-1', quantity: 1 }] }, orderId, true);
    expect(await reaches(orderId, 'COMPLETED')).toMatchObject({ payment: { status: 'CAPTURED', capturedAmount: 2_000 }, fulfilment: { status: 'SHIPPED' } });

    await gateway.send(refundPayment, `R-${orderId}`, { refundId: `R-${orderId}`, orderId, amount: 500, currency: 'EUR', reason: 'late', requestedBy: 'operator' });
    await eventually(async () => (await told(orderId))?.payment.refundedAmount === 500);
    await gateway.send(refundPayment, `R2-${orderId}`, { refundId: `R2-${orderId}`, orderId, amount: 1_501, currency: 'EUR', reason: 'late', requestedBy: 'operator' });
    const letter = await eventually(async () => (await test.pool.query(`select class, code, owner->>'team' as team from dead_letter where key = $1`, [`R2-${orderId}`])).rows[0]);
    expect(letter).toEqual({ class: 'rejected', code: 'OMS_REFUND_REFUSED', team: 'Orders' });
    expect(await chargesOf(sandbox, orderId)).toMatchObject([{ captured: 2_000, refunded: 500 }]);

    // What the desk asks before it sends a refund, and what it tells of one, with the rights that it has.
    const desk = createRpcClient({ url: nats.urlOf('operations'), service: 'operations' });
    expect(await ask(desk, evidenceSubject('oms'), { entity: 'payment', keys: [orderId] })).toMatchObject({ keys: [{ key: orderId, data: { currency: 'EUR', capturedAmount: 2_000, refundedAmount: 500 } }] });
    expect(await ask(desk, traceSubject('oms'), { orderId })).toContainEqual(expect.objectContaining({ what: 'effect', entity: 'refund', key: `${orderId}:R-${orderId}`, summary: expect.stringMatching(/^confirmed,/) as string }));
    await desk.close();
  }, 60_000);

  it('leaves no charge, no place in the OMS and no stock behind when it says no', async () => {
    const [soldOut, declined, forged] = [randomUUID(), randomUUID(), randomUUID()];
    stock.soldOut.add(soldOut);
    const numbers = [await place({ orderId: soldOut }), await place({ orderId: declined, method: 'pm_card_chargeDeclinedInsufficientFunds' }), await place({ orderId: forged, claims: { unit: 900 } })].map(({ number }) => number);
    expect((await reaches(soldOut, 'REJECTED')).rejection?.code).toBe('OUT_OF_STOCK');
    expect((await reaches(declined, 'REJECTED')).rejection?.code).toBe('PAYMENT_DECLINED');
    expect((await reaches(forged, 'REJECTED')).rejection?.code).toBe('PRICE_CHANGED');
    await eventually(() => stock.statuses.get(declined) === 'released');
    for (const number of numbers) expect(await ordersOf(number)).toEqual([]);
    expect((await Promise.all([soldOut, forged].map((orderId) => chargesOf(sandbox, orderId)))).flat()).toEqual([]);
    expect(await chargesOf(sandbox, declined)).toMatchObject([{ capturable: 0, captured: 0 }]);
    expect(stock.statuses.get(forged)).toBeUndefined();
  }, 60_000);

  it('3-D Secure: shows where the shopper has to go, and goes on when the webhook says they were there', async () => {
    const { orderId } = await place({ method: 'pm_card_authenticationRequired' });
    const waiting = await eventually(async () => {
      const order = await told(orderId);
      return order?.payment.status === 'REQUIRES_ACTION' && order;
    });
    expect(waiting).toMatchObject({ status: 'ACCEPTED', payment: { actionUrl: expect.stringContaining('/psp/challenges/') } });
    const [charge] = await chargesOf(sandbox, orderId);
    await sandbox.control('POST', `psp/payment_intents/${charge?.intent}/complete`);
    expect(await reaches(orderId, 'CONFIRMED')).toMatchObject({ payment: { status: 'AUTHORIZED', actionUrl: null } });
  }, 60_000);

  it('S6: answers that get lost on both sides make one charge and one order, over a restart', async () => {
    await sandbox.control('POST', 'psp/faults', { kind: 'drop-after-commit', times: 2, match: { method: 'POST', path: '/psp/v1/payment_intents' } });
    await sandbox.control('POST', 'oms/faults', { kind: 'drop-after-commit', times: 2, match: { method: 'POST', path: '/oms/orders' } });
    const placed = await Promise.all(Array.from({ length: 6 }, () => place()));
    await service?.stop();
    await start();
    for (const { orderId, number } of placed) {
      await reaches(orderId, 'CONFIRMED', 30_000);
      expect(await chargesOf(sandbox, orderId)).toHaveLength(1);
      expect(await ordersOf(number)).toHaveLength(1);
    }
  }, 90_000);

  it('cancels what nobody has shipped: goods, OMS and money go back', async () => {
    const { orderId, number } = await place();
    await reaches(orderId, 'CONFIRMED');
    await gateway.send(cancelOrder, orderId, { orderId, requestedAt: new Date().toISOString(), requestedBy: 'customer', reason: null });
    await eventually(() => stock.statuses.get(orderId) === 'released');
    // Money waits for parcels that may have left just before.
    expect(await reaches(orderId, 'CANCELLED', 40_000)).toMatchObject({ payment: { status: 'VOIDED' } });
    expect(await ordersOf(number)).toMatchObject([{ state: 'cancelled' }]);
    expect(await chargesOf(sandbox, orderId)).toMatchObject([{ capturable: 0, captured: 0 }]);
  }, 90_000);

  it('has its streams filled with what its contracts say, and with no token of a payment method', async () => {
    const messages = await nats.asProvisioner((manager) => Promise.all(['OMS_STATE', 'OMS_EVENTS', 'OMS_COMMANDS'].map((stream) => messagesOf(manager, stream))));
    const bodies = messages.flat().map((message) => `${message.headers?.get(headerNames.type) ?? ''} ${message.string()}`);
    expect(new Set(bodies.map((body) => body.split(' ')[0]))).toEqual(new Set(['order', 'payment', 'fulfilment', 'order-placed', 'order-rejected', 'order-cancelled', 'reserve-stock', 'release-stock', 'export-order', 'cancel-export', 'dead-letter'].map((entity) => `oms.${entity}.v1`)));
    expect(bodies.join()).not.toMatch(/pm_card|sk_only|whsec/);
    expect((await test.pool.query(`select 1 from saga where data::text like '%pm_card%'`)).rowCount).toBe(0);
  });
});
