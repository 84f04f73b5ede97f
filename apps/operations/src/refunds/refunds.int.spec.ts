// The door by which a person pays back: the whole process of operations on a real broker with the rights of production, and an order
// service that is known only by what it answers and by what reaches its durable.
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern, type MicroserviceOptions } from '@nestjs/microservices';
import { type EvidenceQuestion, type Payment, refundPayment, type RefundPayment } from '@steward/contracts';
import { natsTransport } from '@steward/event-bus';
import { loadEnv } from '@steward/platform';
import { bearer, eventually, messagesOf, testBroker, type TestBroker, testDatabase, type TestDatabase, testIssuer, type TestIssuer } from '@steward/testing';
import { describedBy } from '../fixtures/described.fixture.spec';
import { aLetter, tellLetters } from '../fixtures/told.fixture.spec';
import { operationsEnv } from '../operations.env';
import { createOperations, type Operations } from '../operations.service';

const payment: Payment = { orderId: 'o-1', pspReference: 'pi_1', status: 'PARTIALLY_REFUNDED', currency: 'EUR', authorizedAmount: 3_000, capturedAmount: 2_000, refundedAmount: 500, updatedAt: '2026-11-24T10:00:00.000Z' };
const wish = { orderId: 'o-1', amount: 700, currency: 'EUR', reason: 'scratched on arrival' };

describe('a refund', () => {
  let broker: TestBroker;
  let database: TestDatabase;
  let issuer: TestIssuer;
  let operations: Operations;
  let described: ReturnType<typeof describedBy>;
  /** States of the effects of o-1 by refund id, as the order service traces them. */
  const effects = new Map<string, string>();
  let orders: { close: () => Promise<void> } | undefined;

  beforeAll(async () => {
    [broker, database, issuer] = await Promise.all([testBroker({ provisioned: false }), testDatabase({ migrations: [] }), testIssuer()]);
    const own = { STEWARD_HEALTH_PORT: '0', STEWARD_OPERATIONS_PORT: '0', STEWARD_LOG_LEVEL: 'silent', STEWARD_MODE: 'test', STEWARD_PROVISIONER_EVERY_MS: '600000' };
    operations = await createOperations(loadEnv(operationsEnv, { DATABASE_URL: database.url, NATS_URL: broker.urlOf('operations'), NATS_PROVISIONER_URL: broker.urlOf('provisioner'), ...own, ...issuer.env }));
    await eventually(async () => (await fetch(`${operations.url}/readyz`)).status === 200, { withinMs: 40_000 });
    described = describedBy(await (await fetch(`${operations.apiUrl}/ops/v1/openapi.json`)).json());
    orders = await orderService(broker.urlOf('oms'), effects);
  }, 120_000);
  afterAll(async () => {
    await orders?.close();
    await operations?.stop();
    await issuer?.stop();
    await broker?.stop();
    await database?.drop();
  });

  const call = async (sub: string, roles: string[], method: string, path: string, body?: object) => {
    const headers = { ...bearer(await issuer.token({ sub, steward_roles: roles })), 'content-type': 'application/json' };
    const response = await fetch(`${operations.apiUrl}/ops/v1${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const json = (await response.json()) as Record<string, unknown>;
    described({ method, path: `/ops/v1${path}`, status: response.status, type: response.headers.get('content-type'), json });
    return { status: response.status, json };
  };
  const ada = (id: string, body: object = wish) => call('ada', ['refunder:Orders'], 'POST', `/refunds/${id}`, body);
  const grace = (id: string, body: object = wish) => call('grace', ['approver:Orders'], 'POST', `/refunds/${id}`, body);
  const seen = async (id: string) => (await call('eve', ['viewer:Orders'], 'GET', `/refunds/${id}`)).json;
  const sent = async (id: string): Promise<RefundPayment[]> => {
    const messages = await broker.asProvisioner((manager) => messagesOf(manager, 'OPERATIONS_COMMANDS'));
    return messages.map((message) => message.json<RefundPayment>()).filter(({ refundId }) => refundId === id);
  };
  const queued = async (id: string) => Number((await database.pool.query('select from outbox where entity = $1 and key = $2', [refundPayment.entity, id])).rowCount);

  it('is sent to its owner once, when a second person wants the same, and tells what came of it', async () => {
    expect(await ada('r-1', { ...wish, dryRun: true })).toMatchObject({ status: 200, json: { needsSecondPerson: true, payment: { capturedAmount: 2_000, refundedAmount: 500 } } });
    expect(await ada('r-1')).toMatchObject({ status: 202, json: { waitsFor: expect.stringContaining('second person') } });
    expect(await seen('r-1')).toMatchObject({ refund: null, wishes: [{ actor: 'ada', seen: '700 EUR (minor units) of order o-1' }] });
    expect(await queued('r-1')).toBe(0);

    expect(await grace('r-1')).toMatchObject({ status: 200, json: { refund: { refundId: 'r-1', state: 'sent' } } });
    await eventually(async () => (await sent('r-1')).length === 1);
    expect(await sent('r-1')).toEqual([{ refundId: 'r-1', orderId: 'o-1', amount: 700, currency: 'EUR', reason: 'scratched on arrival (wanted by ada); scratched on arrival', requestedBy: 'operator' }]);
    const waiting = await broker.asProvisioner((manager) => manager.consumers.info('OPERATIONS_COMMANDS', 'oms-orders'));
    expect(waiting.num_pending).toBe(1);
    expect(await seen('r-1')).toMatchObject({ refund: { state: 'sent' }, wishes: [], history: [{ actor: 'grace', act: 'refund payment', outcome: 'asked' }, { actor: 'ada', outcome: 'asked' }] });

    for (const [said, state] of [['intended, 0 tries', 'sent'], ['unknown, 1 tries', 'unknown'], ['confirmed, 1 tries', 'confirmed'], ['refused, 1 tries', 'refused']] as const) {
      effects.set('r-1', said);
      expect(await seen('r-1')).toMatchObject({ refund: { state } });
    }
  }, 60_000);

  it('asked for again under its id is answered and not sent again; another one under its id is a conflict', async () => {
    await ada('r-2');
    // Both at once, as after an answer that was lost on its way.
    const answers = await Promise.all([grace('r-2'), grace('r-2')]);
    expect(answers.map(({ status }) => status).toSorted()).toContain(200);
    for (const again of [grace, ada]) expect(await again('r-2')).toMatchObject({ status: 200, json: { dryRun: false, refund: { refundId: 'r-2', state: 'sent' } } });
    expect(await queued('r-2')).toBe(1);
    expect(await ada('r-2', { ...wish, amount: 701 })).toMatchObject({ status: 409, json: { code: 'OPERATIONS_CONFLICT', detail: expect.stringContaining('700 EUR'), errors: [{ accepted: expect.stringContaining('another id') }] } });
  });

  it('is sent once also where it is wanted again, and agreed to, while it is being sent', async () => {
    const wishes = async () => Number((await database.pool.query(`select from wish where subject = 'refund r-7'`)).rowCount);
    await ada('r-7');
    const held = await database.pool.connect();
    try {
      // Where an act comes last: who sends has written its row by then, and can't commit.
      await held.query(`begin; select pg_advisory_xact_lock(hashtextextended('audit/Orders', 0))`);
      const first = grace('r-7');
      await eventually(async () => (await wishes()) === 0);
      await database.pool.query(`insert into wish (subject, act, seen, actor, actor_name, reason) values ('refund r-7', 'refund', '700 EUR (minor units) of order o-1', 'ada', 'ada', 'again')`);
      const second = call('hedy', ['approver:Orders'], 'POST', '/refunds/r-7', wish);
      await eventually(async () => (await wishes()) === 0);
      await held.query('commit');
      expect((await Promise.all([first, second])).map(({ status }) => status)).toEqual([200, 409]);
    } finally {
      held.release();
    }
    expect(await queued('r-7')).toBe(1);
  });

  it('waits for another person than the first, with the role, who means the same amount', async () => {
    expect((await ada('r-3')).status).toBe(202);
    expect(await call('ada', ['refunder:Orders', 'approver:Orders'], 'POST', '/refunds/r-3', wish)).toMatchObject({ status: 409, json: { detail: expect.stringContaining('second person') } });
    expect(await call('bob', ['refunder:Orders'], 'POST', '/refunds/r-3', wish)).toMatchObject({ status: 403, json: { detail: expect.stringContaining('approver:Orders') } });
    // Another amount is another wish, which takes the place of the first and needs its own second person.
    expect(await call('bob', ['refunder:Orders', 'approver:Orders'], 'POST', '/refunds/r-3', { ...wish, amount: 600 })).toMatchObject({ status: 202 });
    expect(await grace('r-3')).toMatchObject({ status: 403 });
    expect(await queued('r-3')).toBe(0);
  });

  it.each<[string, object, string, string]>([
    ['more than is captured and not refunded', { ...wish, amount: 1_501 }, '/amount', '1 to 1500 minor units of EUR'],
    ['an order that nobody paid', { ...wish, orderId: 'o-9' }, '/orderId', 'the id of an order that was paid'],
    ['another currency', { ...wish, currency: 'USD' }, '/currency', 'EUR'],
  ])('refuses %s before anything is written', async (_what, body, pointer, accepted) => {
    expect(await ada('r-4', body)).toMatchObject({ status: 400, json: { code: 'OPERATIONS_INPUT_REFUSED', errors: [{ pointer, accepted }] } });
    expect((await call('eve', ['viewer:Orders'], 'GET', '/refunds/r-4')).status).toBe(404);
  });

  it('is refused where its owner refused the command, and unknown while nobody can say', async () => {
    await ada('r-5');
    await grace('r-5');
    const tell = (code: string) => tellLetters(operations.database, aLetter('letter-5', { service: 'oms', consumer: 'oms-orders', entity: 'refund-payment', key: 'r-5', code }));
    await tell('OMS_ORDER_UNKNOWN');
    expect(await seen('r-5')).toMatchObject({ refund: { state: 'unknown', detail: expect.stringContaining('letter-5') } });
    await tell('OMS_REFUND_REFUSED');
    expect(await seen('r-5')).toMatchObject({ refund: { state: 'refused', detail: expect.stringContaining('OMS_REFUND_REFUSED') } });
    await orders?.close();
    orders = undefined;
    expect(await seen('r-5')).toMatchObject({ refund: { state: 'unknown', detail: expect.stringContaining('BROKER_NO_ANSWERER') } });
    // Nobody can compare: nothing is written.
    expect(await ada('r-6')).toMatchObject({ status: 503, json: { code: 'BROKER_NO_ANSWERER' } });
  });
});

async function orderService(url: string, effects: ReadonlyMap<string, string>): Promise<{ close: () => Promise<void> }> {
  @Controller()
  class Doors {
    @MessagePattern('rpc.oms.evidence') evidence({ entity, keys }: EvidenceQuestion) {
      return { keys: keys.map((key) => ({ key, data: entity === 'payment' && key === payment.orderId ? payment : null })) };
    }
    @MessagePattern('rpc.oms.trace') trace({ orderId }: { orderId: string }) {
      return [...effects].map(([refundId, summary]) => ({ what: 'effect', entity: 'refund', key: `${orderId}:${refundId}`, summary }));
    }
  }
  class Process {}
  Module({ controllers: [Doors] })(Process);
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(Process, { ...natsTransport({ url, service: 'oms' }), logger: false });
  await app.listen();
  return { close: () => app.close() };
}
