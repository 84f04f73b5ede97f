import type { JsMsg } from '@nats-io/jetstream';
import { feedProgress } from '@steward/contracts';
import { systemClock } from '@steward/platform';
import { eventually, testBroker, type TestBroker } from '@steward/testing';
import { type Broker, connectBroker } from '../broker';
import { type Envelope, toHeaders } from '../envelope';
import { defineProjection } from './declarations';
import { JetStreamStrategy } from './jetstream.strategy';
import { delivered, logger, openRig, progress, recordingHandler, recordingProjection, type Rig, stock, stockLevel } from './rig.spec';
import { runBatch } from './runner';

describe('the JetStream strategy', () => {
  let nats: TestBroker;
  let rig: Rig;
  let erp: Broker;
  let gateway: Broker;
  let strategy: JetStreamStrategy | undefined;
  const fatal: unknown[] = [];

  beforeAll(async () => {
    nats = await testBroker();
    rig = await openRig();
  });
  beforeEach(async () => {
    const connect = (service: string) => connectBroker({ url: nats.urlOf(service), service, logger, onFatal: (error) => void fatal.push(error) });
    [erp, gateway] = await Promise.all([connect('erp'), connect('gateway')]);
  });
  afterEach(async () => {
    await strategy?.close();
    strategy = undefined;
    await Promise.all([erp.close(), gateway.close()]);
    await nats.asProvisioner(async (manager) => {
      for await (const stream of manager.streams.list()) await manager.streams.delete(stream.config.name);
    });
    await nats.provision();
    await rig.test.pool.query('truncate stored_part, inbox, event_position, held, dead_letter, dead_letter_act, delivery_attempt, apply_journal, effect');
  });
  afterAll(async () => {
    await rig.close();
    await nats.stop();
  });

  let notReady: (() => string | undefined)[] = [];
  function start(options: Partial<ConstructorParameters<typeof JetStreamStrategy>[0]> = {}): JetStreamStrategy {
    notReady = [];
    const made = new JetStreamStrategy({
      service: 'gateway', broker: gateway, database: rig.database, clock: systemClock, logger, projections: [recordingProjection()], handlers: [recordingHandler()],
      readiness: { add: (_name, check) => void notReady.push(check) }, journal: true, ...options,
    });
    made.listen(() => undefined);
    strategy = made;
    return made;
  }
  const bound = () => eventually(() => notReady.length > 0 && notReady.every((check) => check() === undefined));
  const publish = async (envelopes: Envelope[]) => {
    await Promise.all(envelopes.map((envelope) => eventually(async () => {
      await erp.nc.request(envelope.subject, envelope.body, { headers: toHeaders(envelope), timeout: 2_000 });
      return true;
    })));
  };
  const stored = async () => (await rig.rows<{ count: number }>('select count(*)::int as count from stored_part'))[0]?.count ?? 0;
  const info = () => nats.asProvisioner((manager) => manager.consumers.info('ERP_STATE', 'gateway-availability'));
  const many = (count: number, revision = 1, prefix = 'k') => Array.from({ length: count }, (_, index) => stock(`${prefix}${index}@m`, revision));

  it('applies what the stream holds and what comes, acknowledges it, and knows its floor (O8)', async () => {
    await publish(many(120));
    const running = start();
    await eventually(async () => (await stored()) === 120);
    await publish([...many(10, 1, 'late'), progress('stock-level', 1)]);
    await eventually(async () => (await stored()) === 130);
    await eventually(async () => (await info()).num_ack_pending === 0);
    await eventually(() => running.ackFloor('availability', 'ERP_STATE')?.sequence === 130);
    expect(await rig.rows(`select n from effect where entity = 'feed-progress'`)).toHaveLength(1);
  });

  it('C1: acknowledges only after the commit', async () => {
    const gate = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    start({ projections: [defineProjection({ builds: 'availability', contract: stockLevel, apply: async () => (entered.resolve(), gate.promise) })] });
    await publish(many(5));
    await entered.promise;
    expect((await info()).ack_floor.stream_seq).toBe(0);
    gate.resolve();
    await eventually(async () => (await info()).ack_floor.stream_seq === 5);
  });

  it('T3: acknowledging before the commit is caught: after a process dies in between, its messages are gone', async () => {
    const survive = async (order: 'acknowledge first' | 'commit first'): Promise<number> => {
      await publish(many(3, 1, order.replace(' ', '-')));
      const consumer = await gateway.js.consumers.get('ERP_STATE', 'gateway-availability');
      const messages = await consumer.fetch({ max_messages: 3, expires: 2_000 });
      const unsettled: JsMsg[] = [];
      for await (const message of messages) {
        if (order === 'acknowledge first') message.ack();
        // The process dies here: its transaction never commits.
        const dying = { ...rig.work, database: { ...rig.database, transaction: () => Promise.reject(Object.assign(new Error('killed'), { code: '57P01' })) } };
        await expect(runBatch(dying, [delivered({ subject: message.subject, headers: message.headers, data: message.data })], () => message.ack(), () => undefined)).rejects.toThrow('killed');
        unsettled.push(message);
      }
      if (order === 'commit first') for (const message of unsettled) message.nak(); // stands for ack_wait running out
      await gateway.nc.flush();
      const before = await stored();
      start();
      await bound();
      await eventually(async () => (await info()).num_pending === 0 && (await info()).num_ack_pending === 0);
      await strategy?.close();
      return (await stored()) - before;
    };
    expect(await survive('commit first')).toBe(3);
    expect(await survive('acknowledge first')).toBe(0);
  });

  it('B3: binds again when its consumer, then its whole stream, is deleted and made anew', async () => {
    start();
    await bound();
    await publish(many(10, 1));
    await eventually(async () => (await stored()) === 10);
    await nats.asProvisioner((manager) => manager.consumers.delete('ERP_STATE', 'gateway-availability'));
    await eventually(() => notReady.some((check) => check() !== undefined));
    await nats.provision();
    await publish(many(10, 1, 'second'));
    await eventually(async () => (await stored()) === 20, { withinMs: 30_000 });
    await nats.asProvisioner((manager) => manager.streams.delete('ERP_STATE'));
    await nats.provision();
    await publish(many(10, 1, 'third'));
    await eventually(async () => (await stored()) === 30, { withinMs: 40_000 });
    await bound();
  }, 120_000);

  it('B3: survives a killed broker: nothing is lost and nothing is applied twice', async () => {
    start();
    await bound();
    const flow = many(300, 1).map((envelope) => envelope);
    const sending = publish(flow);
    await eventually(async () => (await stored()) > 20);
    await nats.kill();
    await nats.restart();
    await sending;
    await eventually(async () => (await stored()) === 300, { withinMs: 60_000 });
    const twice = await rig.rows('select key, revision from apply_journal group by key, revision having count(*) > 1');
    expect(twice).toEqual([]);
  }, 120_000);

  it('C10: a shutdown finishes what is in flight, gives the rest back and burns no attempt', async () => {
    const slow = defineProjection({ builds: 'availability', contract: stockLevel, apply: async (tx) => void (await tx.query('select pg_sleep(0.3)')) });
    await publish(many(1_600));
    start({ projections: [slow] });
    await eventually(async () => (await info()).num_ack_pending > 0);
    await strategy?.close();
    const after = await info();
    expect(after.ack_floor.stream_seq).toBe(await stored());
    start();
    await eventually(async () => (await stored()) === 1_600);
    expect([await rig.rows('select from dead_letter'), await rig.rows('select from delivery_attempt')]).toEqual([[], []]);
    expect(await rig.rows('select key from apply_journal group by key having count(*) > 1')).toEqual([]);
  });

  it('waits out a database that is away, with the messages in hand and without a nak', async () => {
    let away = true;
    const database = { ...rig.database, transaction: <T>(work: Parameters<typeof rig.database.transaction<T>>[0]) =>
      away ? Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })) : rig.database.transaction(work) };
    start({ database });
    await bound();
    await publish(many(20));
    await eventually(async () => (await info()).num_ack_pending === 20);
    away = false;
    await eventually(async () => (await stored()) === 20);
    await eventually(async () => (await info()).num_ack_pending === 0);
    expect((await info()).num_redelivered).toBe(0);
  });

  it('refuses declarations that no contract covers, and a second gate for one entity', () => {
    const strange = defineProjection({ builds: 'nothing', contract: stockLevel, apply: () => Promise.resolve() });
    expect(() => start({ projections: [strange] })).toThrow('no contract names gateway');
    expect(() => start({ projections: [recordingProjection(), recordingProjection()] })).toThrow('one gate per entity');
    expect(() => defineProjection({ builds: 'progress', contract: feedProgress, apply: () => Promise.resolve() })).toThrow('no state contract');
  });
});
