/** An adapter's process: the source on one side, the outbox's relay on the other, the database between them. */
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { streamOf, streams } from '@steward/contracts';
import { askBrokerState, connectBroker, ConsumerTables1700000002000, createRpcClient, digestModule, Lease, natsTransport, outboxMigrations, Relay, Retention, StreamWatch, watchOutbox } from '@steward/event-bus';
import { type Clock, createService, type Database, type Logger, openDatabase, type Runtime, type Service, StewardError } from '@steward/platform';
import { withdrawSuperseded } from '../announce/announced.store';
import { kitMigrations } from '../announce/kit.migration';
import { FeedRunner } from '../feed/feed-runner';
import { resilientHttp } from '../http/resilient-http.client';
import type { Adapter, Source } from '../source/define';
import { type AdapterEnv, refusesLazyBroker } from './adapter-env';
import { heldModule } from './held.controller';
import { snapshotModule } from './snapshot.controller';
import { mountWebhook } from './webhook.controller';

export interface AdapterService extends Service {
  readonly database: Database;
  readonly runners: readonly FeedRunner[];
}

export interface AdapterOptions {
  readonly clock?: Clock;
  readonly logger?: Logger;
  readonly progressEveryMs?: number;
}

/** B7: how long the provisioner may take to make what this service needs; then the process ends with a code. */
const provisionedWithinMs = 120_000;

/** What others may ask of an adapter. */
class Questions {}

export const adapterMigrations = [...outboxMigrations, ConsumerTables1700000002000, ...kitMigrations];

export async function createAdapter(adapter: Adapter, env: AdapterEnv, options: AdapterOptions = {}): Promise<AdapterService> {
  const { progressEveryMs, ...rest } = options;
  let parts: Pick<AdapterService, 'database' | 'runners'> | undefined;
  const service = await createService({
    name: adapter.name,
    env,
    ...rest,
    module: () => {
      const database = () => parts?.database;
      return { module: Questions, imports: [snapshotModule(adapter.name, database), heldModule(adapter.name, database), digestModule(adapter.name, 'announced', database)] };
    },
    configure: async (app, runtime) => {
      const database = await openDatabase({ url: env.DATABASE_URL, name: adapter.name, migrations: adapterMigrations, logger: runtime.logger });
      runtime.shutdown.onClose('database', () => database.close());
      runtime.readiness.add('database', database.problem);
      const { lease, watch, runners: runnersOf } = await sendingSide(adapter, env, runtime, database, progressEveryMs);
      const source = openSource(adapter, env, runtime);
      const runners = runnersOf(source);
      parts = { database, runners };
      if (source.webhook) mountWebhook(app.getHttpAdapter().getInstance(), { spec: source.webhook, feeds: source.feeds, database, clock: runtime.clock, logger: runtime.logger, stored: () => runners.forEach((runner) => runner.hinted()) });
      connectQuestions(app, adapter, env);
      lease.start();
      watch.start();
      for (const runner of runners) runner.start();
      runtime.shutdown.onDrain('feeds', async () => void (await Promise.all(runners.map((runner) => runner.stop()))));
    },
  });
  if (parts === undefined) throw new TypeError('the adapter was not configured');
  return { ...service, ...parts };
}

function openSource(adapter: Adapter, env: AdapterEnv, { clock, logger, shutdown }: Runtime): Source {
  const connector = adapter.connectors[env.STEWARD_CONNECTOR];
  if (connector === undefined) throw new StewardError('ENV_INVALID', `no connector ${env.STEWARD_CONNECTOR}`, { place: 'STEWARD_CONNECTOR', accepted: Object.keys(adapter.connectors).join(' | ') });
  const http = resilientHttp({ dependency: `${adapter.name}-${connector.vendor}`, clock, logger, limits: connector.limits });
  const source = connector.open({ env, http, clock, logger });
  shutdown.onClose('source', async () => {
    await source.close?.();
    await http.close();
  });
  return source;
}

interface SendingSide {
  readonly lease: Lease;
  readonly watch: StreamWatch;
  /** The relay needs the runners for a lost stream (B10), the runners need its watch for their first revision. */
  readonly runners: (source: Source) => FeedRunner[];
}

async function sendingSide(adapter: Adapter, env: AdapterEnv, runtime: Runtime, database: Database, progressEveryMs: number | undefined): Promise<SendingSide> {
  const { clock, logger, readiness, shutdown } = runtime;
  const { name: service } = adapter;
  const own = streams.filter(({ system }) => system === service);
  const broker = await connectBroker({ url: env.NATS_URL, service, logger });
  shutdown.onClose('broker', () => broker.close());
  readiness.add('broker', () => (broker.status() === 'up' ? undefined : 'the broker is not connected'));
  const rpc = createRpcClient({ url: env.NATS_URL, service });
  shutdown.onClose('rpc', () => rpc.close());

  let runners: FeedRunner[] = [];
  // Reading and sending are one piece of work: two leases could be with two processes, one of them blind for the other's rows.
  const lease = new Lease({ database, name: 'adapter', clock, logger });
  const watch: StreamWatch = new StreamWatch({ service, streams: own.map(({ name }) => name), broker, ask: askBrokerState(rpc), recorded: () => relay.recorded(), clock, logger, refuseLazyBroker: refusesLazyBroker(env) });
  const relay = new Relay({
    database,
    databaseUrl: env.DATABASE_URL,
    broker,
    streams: own,
    watch,
    lease,
    clock,
    logger,
    withdraw: () => withdrawSuperseded(database),
    rebuild: async (tx, change) => {
      for (const runner of runners) await runner.rebuild(tx, change);
    },
  });
  const retention = new Retention({ database, clock, logger });
  await retention.start();
  await relay.start();
  const unwatch = watchOutbox(database);
  // Let go in the opposite order: the feeds first, then what they wrote is sent, then the lease goes.
  shutdown.onDrain('lease', () => lease.stop());
  shutdown.onDrain('watch', () => watch.stop());
  shutdown.onDrain('retention', () => retention.stop());
  shutdown.onDrain('outbox metrics', unwatch);
  shutdown.onDrain('relay', () => relay.stop());
  readiness.add('streams', () => watch.problem());
  readiness.add('outbox', () => relay.problems()[0]); // B10: not ready while a stream stands
  watch.ready(provisionedWithinMs).catch((error: unknown) => {
    // Outside any promise, so that it reaches the process's own handler and ends it with the code of the error.
    if (!shutdown.signal.aborted) setImmediate(() => { throw error; });
  });

  return {
    lease,
    watch,
    runners: (source) =>
      (runners = source.feeds.map((feed) => {
        const stream = streamOf(feed.contract, service).name;
        const revisionFloor = async (): Promise<number> => (await watch.ready(provisionedWithinMs)).streams[stream]?.revisionFloor ?? 0;
        return new FeedRunner({ system: service, vendor: env.STEWARD_CONNECTOR, feed, database, lease, clock, logger, revisionFloor, ...(progressEveryMs === undefined ? {} : { progressEveryMs }) });
      })),
  };
}

function connectQuestions(app: NestFastifyApplication, { name }: Adapter, env: AdapterEnv): void {
  app.connectMicroservice(natsTransport({ url: env.NATS_URL, service: name }));
}
