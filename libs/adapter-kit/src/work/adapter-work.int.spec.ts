import { createHmac } from 'node:crypto';
import { type FlowsAnswer, type FlowsQuestion, reserveStock, type ReserveStock, stockReservation, type StockReservation } from '@steward/contracts';
import { ask, createRpcClient, defineBatchHandler } from '@steward/event-bus';
import { armFaults, loadEnv, type MigrationClass, RejectedError } from '@steward/platform';
import { eventually, testBroker, type TestBroker, testDatabase, type TestDatabase } from '@steward/testing';
import { z } from 'zod';
import { intendEffects, touchEffect } from '../effect/intend';
import { logger, openOperations, openSender, type Operations, type Sender, streamContent } from '../fixtures/neighbours.fixture.spec';
import { Till } from '../fixtures/till.fixture.spec';
import { announceOwn } from '../own/announce-own';
import { type AdapterEnv, adapterShape } from '../service/adapter-env';
import { type AdapterService, createAdapter } from '../service/create-adapter';
import { type Adapter, defineAdapter } from '../service/define-adapter';
import { defineConnector, type Source } from '../source/define';
import { hmacVerifier } from '../source/hmac-verifier';

class Ledger1700000000000 implements InstanceType<MigrationClass> {
  readonly name = 'Ledger1700000000000';
  async up(runner: { query: (text: string) => Promise<unknown> }): Promise<void> {
    await runner.query('create table reservation (order_id text primary key, quantity int not null, times int not null default 1)');
  }
  async down(): Promise<void> {}
}

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const reservation = (orderId: string, quantity: number, status: StockReservation['status'], erpReference: string | null = null): StockReservation => ({
  orderId, status, lines: [{ lineId: '1', sku: 'sku-1', quantity, allocations: [{ location: 'main', quantity }] }], refusal: null, expiresAt: null, erpReference, exportRefusal: null,
});

interface TillSource extends Source {
  readonly till: Till;
}

/** A connector with a till beside its feeds (of which it has none), and an adapter that reserves, sells and announces both. */
function anAdapter(till: Till, seen: { batches: string[][]; loops: number; opened: string[] }): Adapter {
  const connector = defineConnector({ vendor: 'sandbox', env: {}, open: (): TillSource => ({ feeds: [], till }) });
  return defineAdapter({
    name: 'erp',
    connectors: { sandbox: connector },
    env: { STEWARD_GREETING: z.string().default('hello') },
    migrations: [Ledger1700000000000],
    opens: ({ env, onClose }) => {
      seen.opened.push(env.STEWARD_GREETING);
      onClose('greeting', () => void seen.opened.pop());
      return { greeting: env.STEWARD_GREETING };
    },
    consumes: () => ({
      handlers: [
        defineBatchHandler<ReserveStock>({
          builds: 'reservations', contract: reserveStock,
          handleAll: async (tx, events) => {
            seen.batches.push(events.map(({ key }) => key));
            const quantities = events.map(({ data }) => data.lines[0]?.quantity ?? 0);
            await tx.query(`insert into reservation (order_id, quantity) select * from unnest($1::text[], $2::int[]) on conflict (order_id) do update set times = reservation.times + 1`, [events.map(({ key }) => key), quantities]);
            await announceOwn(tx, 'erp', stockReservation, events.map(({ key, data, envelope }) => ({ key, data: reservation(key, data.lines[0]?.quantity ?? 0, 'held'), correlationId: envelope.correlationId, causationId: envelope.id, traceparent: envelope.traceparent })));
            await intendEffects(tx, events.map(({ key, envelope }) => ({ kind: 'sale', key, request: { amount: 1 }, correlationId: envelope.correlationId, traceparent: envelope.traceparent })));
          },
        }),
      ],
    }),
    effects: ({ source }) => [
      {
        ...source.till.effect({ deadlineMs: 2_000, settleMs: 100 }),
        settled: async (tx, { key, outcome, correlationId }) => {
          const { rows } = await tx.query<{ quantity: number }>('select quantity from reservation where order_id = $1 for update', [key]);
          if (outcome.kind === 'confirmed') await announceOwn(tx, 'erp', stockReservation, [{ key, data: reservation(key, rows[0]?.quantity ?? 0, 'exported', String(outcome.answer)), correlationId }]);
        },
      },
    ],
    loops: [
      {
        name: 'count',
        everyMs: 20,
        run: async ({ database, assertLease, own }) => {
          await database.transaction(assertLease);
          if (own.greeting === 'hello') seen.loops += 1;
        },
      },
    ],
    webhooks: () => [
      {
        path: '/webhooks/till',
        verify: hmacVerifier({ secrets: ['s'], signatureHeader: 'x-signature', timestampHeader: 'x-timestamp' }),
        receive: async (tx, body) => {
          const { paid } = z.object({ paid: z.string() }).parse(body);
          if (paid === 'nobody') throw new RejectedError('ITEM_INVALID', 'nobody pays');
          till.paid.add(paid);
          await touchEffect(tx, 'sale', paid);
        },
      },
    ],
  });
}

describe('an adapter with work of its own', () => {
  let nats: TestBroker;
  let test: TestDatabase;
  let operations: Operations;
  let oms: Sender;
  let till: Till;
  let seen: { batches: string[][]; loops: number; opened: string[] };
  const started: AdapterService[] = [];

  beforeEach(async () => {
    nats = await testBroker();
    test = await testDatabase({ migrations: [] });
    operations = await openOperations(nats);
    oms = await openSender(nats);
    till = new Till();
    seen = { batches: [], loops: 0, opened: [] };
  });
  afterEach(async () => {
    for (const adapter of started.splice(0)) await adapter.stop();
    await oms.stop();
    await operations.stop();
    await nats.stop();
    await test.drop();
  });

  const start = async (): Promise<AdapterService> => {
    const adapter = anAdapter(till, seen);
    const given = { DATABASE_URL: test.url, NATS_URL: nats.urlOf('erp'), STEWARD_MODE: 'development', STEWARD_HEALTH_PORT: '0', STEWARD_HEALTH_HOST: '127.0.0.1' };
    const service = await createAdapter(adapter, loadEnv(adapterShape(adapter, 'sandbox'), given) as AdapterEnv, { logger });
    started.push(service);
    return service;
  };
  const ready = (service: AdapterService) => eventually(() => Object.keys(service.runtime.readiness.reasons()).length === 0);
  /** Counted since the life of the database began. */
  const states = async () => (await streamContent(nats, 'ERP_STATE')).map(({ key, revision, data }) => [key, revision % 2 ** 20, (data as StockReservation).status]);

  it('takes commands, decides, writes to its system of record and announces what came of it', async () => {
    const service = await start();
    await ready(service);
    expect(Object.keys(service.runtime.readiness.reasons())).toEqual([]);
    expect(service.runtime.readiness.names()).toEqual(expect.arrayContaining(['consumer erp-reservations@OMS_COMMANDS', 'streams', 'outbox']));
    await oms.reserve({ orderId: 'o1', quantity: 2, traceparent }, { orderId: 'o2', quantity: 3 });
    await eventually(async () => expect((await states()).sort()).toEqual([['o1', 2, 'exported'], ['o2', 2, 'exported']]) === undefined);
    expect([await oms.pending(), oms.reasons()]).toEqual([0, {}]);
    expect(till.sales.map(({ key }) => key).sort()).toEqual(['o1', 'o2']);
    const [first] = (await streamContent(nats, 'ERP_STATE')).filter(({ key }) => key === 'o1');
    expect([first?.correlationId, first?.data]).toEqual(['o1', reservation('o1', 2, 'exported', 'receipt o1')]);
    expect((await test.pool.query('select traceparent from effect where key = $1', ['o1'])).rows).toEqual([{ traceparent }]);
    await eventually(() => seen.loops > 1);
  });

  it('C1: applies a command once over a restart, and sends what was committed while the broker was away', async () => {
    const first = await start();
    await ready(first);
    await oms.reserve(...Array.from({ length: 50 }, (_, index) => ({ orderId: `o${index}`, quantity: 1 })));
    await eventually(async () => (await test.pool.query('select 1 from reservation')).rowCount);
    await first.stop();
    started.pop();
    await oms.reserve({ orderId: 'late', quantity: 1 });
    await ready(await start());
    await eventually(async () => (await states()).filter(([, , status]) => status === 'exported').length === 51, { withinMs: 60_000 });
    expect((await test.pool.query('select 1 from reservation where times > 1')).rowCount).toBe(0);
    expect(till.sales).toHaveLength(51);
  });

  it('T2: whatever throws wherever between a command and its sale, each is decided, sold and told once', async () => {
    await ready(await start());
    const disarm = armFaults('handler=throw-after@0.05,delivery=throw-before@0.1,commit=throw-before@0.05,commit=throw-after@0.05,publish-ack=throw-before@0.1,effect-submit=throw-after@0.2,effect-read-back=throw-before@0.2,effect-commit=throw-after@0.2,seed=3');
    try {
      for (let batch = 0; batch < 10; batch += 1) await oms.reserve(...[0, 1, 2, 3].map((nth) => ({ orderId: `o${batch}-${nth}`, quantity: 1 }))).catch(() => undefined);
      await eventually(async () => (await oms.pending()) === 0 && (await test.pool.query('select 1 from effect where settled_at is null')).rowCount === 0 && (await test.pool.query('select 1 from outbox where published_at is null')).rowCount === 0);
    } finally {
      disarm();
    }
    // What threw at the sender's commit was sent or not; what was sent has its end.
    const orders = new Set((await streamContent(nats, 'OMS_COMMANDS')).map(({ key }) => key));
    await eventually(async () => (await states()).filter(([, , status]) => status === 'exported').length === orders.size, { withinMs: 60_000 });
    expect(orders.size).toBeGreaterThan(20);
    expect([till.sales.length, new Set(till.sales.map(({ key }) => key)).size]).toEqual([orders.size, orders.size]);
    expect((await states()).map(([key, revision]) => [key, revision]).sort()).toEqual([...orders].map((key) => [key, 2]).sort());
    expect((await test.pool.query('select 1 from reservation where times > 1 union all select 1 from dead_letter')).rowCount).toBe(0);
  }, 120_000);

  it('I3: begins above every revision that consumers have, when its database is new', async () => {
    operations.silentTo.add('erp');
    // Far above what the clock gives.
    operations.floor.of = 2 ** 51;
    await start();
    await oms.reserve({ orderId: 'o1', quantity: 1 });
    await eventually(async () => (await oms.pending()) === 0);
    // It does not know the floor, however long it takes to be told.
    await eventually(() => (operations.asked.get('erp') ?? 0) >= 3);
    expect([seen.batches, seen.loops]).toEqual([[], 0]);
    operations.silentTo.clear();
    await eventually(async () => (await states()).length > 0);
    expect((await test.pool.query(`select min(revision)::float8 as first from outbox where key = 'o1'`)).rows).toEqual([{ first: 2 ** 51 + 2 ** 20 + 1 }]);
    // What a lost database has sent may have happened (ADR 0018).
    expect((await test.pool.query('select 1 from effect_doubt')).rowCount).toBe(1);
  });

  it('has doors for webhooks that are about effects', async () => {
    till.lever = () => 'asks-payer';
    const service = await start();
    await oms.reserve({ orderId: 'o1', quantity: 1 });
    await eventually(async () => (await test.pool.query(`select 1 from effect where state = 'pending'`)).rowCount);
    const post = async (body: string, secret = 's') => {
      const timestamp = String(Math.floor(Date.now() / 1_000));
      const signature = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
      const answer = await service.app.inject({ method: 'POST', url: '/webhooks/till', payload: body, headers: { 'content-type': 'application/json', 'x-timestamp': timestamp, 'x-signature': signature } });
      return [answer.statusCode, answer.json<{ code?: string }>().code];
    };
    expect([await post('{"paid":"o1"}', 'other'), await post('{"paid":1}'), await post('{"paid":"nobody"}'), await post('{')]).toEqual([[401, 'WEBHOOK_SIGNATURE'], [400, 'WEBHOOK_BODY'], [400, 'WEBHOOK_BODY'], [400, 'WEBHOOK_BODY']]);
    expect(till.looks).toEqual([]);
    expect(await post('{"paid":"o1"}')).toEqual([202, undefined]);
    await eventually(async () => (await test.pool.query(`select 1 from effect where state = 'confirmed'`)).rowCount);
  });

  it('shows its flows and the ways out, and pauses one of them, to operations', async () => {
    await ready(await start());
    const rpc = createRpcClient({ url: nats.urlOf('operations'), service: 'operations' });
    const flows = (question: FlowsQuestion): Promise<FlowsAnswer> => ask(rpc, 'rpc.erp.flows', question);
    const by = { actor: 'ines', reason: 'the till is counted' };
    const shown = async () => {
      const answer = await flows({ ask: 'list' });
      return 'flows' in answer ? Object.fromEntries(answer.flows.map((each) => [each.flow, `${each.kind} ${each.state} ${each.held}`])) : {};
    };
    try {
      expect(await shown()).toEqual({ 'erp.reservations': 'consumer running 0', 'erp.sale': 'effect running 0' });
      expect(await flows({ ask: 'list' })).toMatchObject({ dependencies: [{ name: 'erp-sandbox', breaker: 'closed', budget: 10, inFlight: 0, waiting: 0, shed: 0, pausedUntil: null }] });
      expect(await flows({ ask: 'pause', flow: 'erp.sale', ...by, resumesAt: null })).toEqual({ done: true });
      await expect(flows({ ask: 'pause', flow: 'erp.sales', ...by, resumesAt: null })).rejects.toThrow('FLOW_UNKNOWN');
      await oms.reserve({ orderId: 'o1', quantity: 1 }, { orderId: 'o2', quantity: 1 });
      await eventually(async () => (await states()).length === 2);
      expect(await shown()).toMatchObject({ 'erp.sale': 'effect paused 2' });
      expect([till.submits, (await test.pool.query('select distinct state, attempts from effect')).rows]).toEqual([[], [{ state: 'intended', attempts: 0 }]]);
      expect(await flows({ ask: 'resume', flow: 'erp.sale', ...by })).toEqual({ done: true });
      await eventually(async () => (await states()).filter(([, , status]) => status === 'exported').length === 2);
      expect(till.sales).toHaveLength(2);
      expect((await test.pool.query('select act, actor, reason from flow_act order by id')).rows).toEqual([{ act: 'pause', ...by }, { act: 'resume', ...by }]);
    } finally {
      rpc.close();
    }
  });

  it('C10: lets go of everything it has opened', async () => {
    const service = await start();
    await ready(service);
    expect(seen.opened).toEqual(['hello']);
    await service.stop();
    started.pop();
    expect(seen.opened).toEqual([]);
    const left = await test.pool.query(`select application_name from pg_stat_activity where datname = current_database() and application_name in ('erp', 'relay listener', 'effects listener', 'flows listener')`);
    expect(left.rows).toEqual([]);
  });
});
