// What the specs of the whole strategy share: a broker, a database and a service that consumes, fresh streams for each test.
import { systemClock } from '@steward/platform';
import { eventually, testBroker, type TestBroker } from '@steward/testing';
import { type Broker, connectBroker } from '../broker';
import { type Envelope, toHeaders } from '../envelope';
import { JetStreamStrategy, type StrategyOptions } from './jetstream.strategy';
import { logger, openRig, recordingHandler, recordingProjection, type Rig, stock } from './rig.spec';

/** Called inside a `describe`: registers its own hooks. */
export function strategyScene(options: Parameters<typeof testBroker>[0] = {}) {
  let nats: TestBroker;
  let rig: Rig;
  let erp: Broker;
  let gateway: Broker;
  let strategy: JetStreamStrategy | undefined;
  let checks: (() => string | undefined)[] = [];

  beforeAll(async () => {
    nats = await testBroker(options);
    rig = await openRig();
  });
  beforeEach(async () => {
    const connect = (service: string) => connectBroker({ url: nats.urlOf(service), service, logger, onFatal: () => undefined });
    [erp, gateway] = await Promise.all([connect('erp'), connect('gateway')]);
  });
  afterEach(async () => {
    await stop();
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

  const start = (options: Partial<StrategyOptions> = {}): JetStreamStrategy => {
    checks = [];
    strategy = new JetStreamStrategy({
      service: 'gateway', broker: gateway, database: rig.database, clock: systemClock, logger, projections: [recordingProjection()], handlers: [recordingHandler()],
      readiness: { add: (_name, check) => void checks.push(check) }, journal: true, ...options,
    });
    strategy.listen(() => undefined);
    return strategy;
  };
  const stop = async (): Promise<void> => {
    await strategy?.close();
    strategy = undefined;
  };
  const notReady = (): string | undefined => checks.map((check) => check()).find((reason) => reason !== undefined);
  return {
    nats: () => nats,
    rig: () => rig,
    gateway: () => gateway,
    start,
    stop,
    notReady,
    bound: () => eventually(() => checks.length > 0 && notReady() === undefined),
    publish: async (envelopes: readonly Envelope[]) => {
      await Promise.all(envelopes.map((envelope) => eventually(async () => {
        await erp.nc.request(envelope.subject, envelope.body, { headers: toHeaders(envelope), timeout: 2_000 });
        return true;
      })));
    },
    stored: async () => (await rig.rows<{ count: number }>('select count(*)::int as count from stored_part'))[0]?.count ?? 0,
    info: () => nats.asProvisioner((manager) => manager.consumers.info('ERP_STATE', 'gateway-availability')),
    many: (count: number, revision = 1, prefix = 'k') => Array.from({ length: count }, (_, index) => stock(`${prefix}${index}@m`, revision)),
  };
}
