import { Module, type DynamicModule } from '@nestjs/common';
import type { AsyncMicroserviceOptions, MicroserviceOptions } from '@nestjs/microservices';
import { type AnnounceAgainQuestion, backlogSubject, durables, newestSubject, type NewestQuestion, PROVISIONER, streams } from '@steward/contracts';
import { type Administration, announceAgainModule, announceToldAgain, ask, type Broker, connectBroker, consumerMigrations, createRpcClient, digestModule, Heartbeat, JetStreamStrategy, natsTransport, openAdministration, openSendingSide, readBacklog, Rebuilder, Rebuilds1790000005000 } from '@steward/event-bus';
import { createLogger, createService, type Database, type Logger, openDatabase, type Runtime, type Service, systemClock } from '@steward/platform';
import { askerOf, serveApi } from './api/serve-api';
import { openAudit } from './audit/audit.schema';
import { BrokerStateController } from './broker-state.controller';
import { OwnCasesController } from './cases/own-cases.controller';
import { Newsroom } from './events/newsroom';
import { features } from './features';
import { ForgetController, FORGETTER } from './forget.controller';
import { withOwnDoors } from './letters/own-door';
import type { OperationsEnv } from './operations.env';
import { NewestController } from './provisioner/newest.controller';
import { Provisioner } from './provisioner/provisioner';
import { registerMigrations } from './provisioner/stream-register.store';
import { readSyncAlways } from './provisioner/sync-interval';
import { HEARD_IN, HeartbeatController } from './releases/heartbeat.controller';
import { readActs, recordBeats } from './releases/releases.store';

@Module({})
class OperationsModule {}

/** Of whoever takes what others tell. */
export const consumerTables = [...consumerMigrations, Rebuilds1790000005000];

export const operationsMigrations = [...registerMigrations, ...consumerTables, ...features.flatMap(({ migrations }) => migrations ?? [])];

export interface Operations extends Service {
  /** http://host:port of /ops/v1. */
  readonly apiUrl: string;
  readonly database: Database;
}

/** The operations process: provisions the broker, watches it, answers what state it is in, and is the desk for what fails. */
export async function createOperations(env: OperationsEnv): Promise<Operations> {
  const logger = createLogger({ service: 'operations', level: env.STEWARD_LOG_LEVEL });
  const opened: (() => Promise<void>)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of opened.splice(0).reverse()) await close();
  };
  try {
    const database = await openDatabase({ url: env.DATABASE_URL, name: 'operations', migrations: operationsMigrations, logger });
    opened.push(() => database.close());
    await openAudit(database, env.DATABASE_URL, env.STEWARD_AUDIT_OWNER_URL);
    const broker = await connectBroker({ url: env.NATS_PROVISIONER_URL, service: PROVISIONER, logger, apiPrefix: '$JS.API' });
    opened.push(() => broker.close());
    const system = env.NATS_SYSTEM_URL === undefined ? undefined : await connectBroker({ url: env.NATS_SYSTEM_URL, service: 'system', logger });
    if (system) opened.push(() => system.close());
    const administration = await openAdministration(broker, env.STEWARD_STREAM_REPLICAS);
    const syncAlways = async (): Promise<boolean> => (system ? readSyncAlways(system) : false);
    const retired = async () => (await readActs(database)).filter(({ state }) => state === 'retired');
    const provisioner = new Provisioner({ administration, broker, database, streams, durables, syncAlways, retired, clock: systemClock, logger, everyMs: env.STEWARD_PROVISIONER_EVERY_MS });
    provisioner.start();
    return await serve({ env, provisioner, administration, database, broker, logger, closeAll });
  } catch (error) {
    await closeAll();
    throw error;
  }
}

type App = Parameters<NonNullable<Parameters<typeof createService>[0]['configure']>>[0];

interface Served {
  readonly env: OperationsEnv;
  readonly provisioner: Provisioner;
  readonly administration: Administration;
  readonly database: Database;
  readonly broker: Broker;
  readonly logger: Logger;
  readonly closeAll: () => Promise<void>;
}

async function serve({ env, provisioner, administration, database, broker, logger, closeAll }: Served): Promise<Operations> {
  let apiUrl = '';
  const service = await createService({
    name: 'operations',
    env,
    logger,
    module: (runtime): DynamicModule => {
      runtime.readiness.add('database', () => database.problem());
      runtime.readiness.add('broker', () => (broker.status() === 'up' ? undefined : 'no connection to the broker'));
      runtime.readiness.add('provisioner', () => provisioner.problem());
      runtime.shutdown.onClose('connections', closeAll);
      runtime.shutdown.onClose('provisioner', () => provisioner.stop());
      return {
        module: OperationsModule,
        imports: [digestModule('operations', 'stored_part', () => database), announceAgainModule('operations', () => sayAgain(database))],
        controllers: [BrokerStateController, OwnCasesController, NewestController, ForgetController, HeartbeatController],
        providers: [{ provide: Provisioner, useValue: provisioner }, { provide: FORGETTER, useValue: administration }, { provide: HEARD_IN, useValue: () => database }],
      };
    },
    configure: async (app, runtime) => {
      app.connectMicroservice<MicroserviceOptions>(natsTransport({ url: env.NATS_URL, service: 'operations' }));
      apiUrl = await openDesk(app, { env, database, provisioner }, runtime);
    },
  });
  return { ...service, apiUrl, database };
}

/** Refuses, by name: what operations announces is nothing (own-cases.controller.ts), and who asks for it again is told so. */
const sayAgain = (database: Database) => (question: AnnounceAgainQuestion) => announceToldAgain({ service: 'operations', database, tells: [], now: () => systemClock.now() }, question);

/** What others tell goes into the read model, what people ask comes in at the API. */
async function openDesk(app: App, { env, database, provisioner }: Pick<Served, 'env' | 'database' | 'provisioner'>, runtime: Runtime): Promise<string> {
  const { clock, logger, readiness, shutdown } = runtime;
  const rpc = createRpcClient({ url: env.NATS_URL, service: 'operations' });
  shutdown.onClose('rpc', () => rpc.close());
  const broker = await connectBroker({ url: env.NATS_URL, service: 'operations', logger });
  shutdown.onClose('broker of the desk', () => broker.close());
  // Commands of runbooks lie in our outbox. The broker's state is asked of the provisioner itself: its own door is for others. A lazy broker
  // (B1) is no reason to end: who attests to the others that it is lazy has to run.
  const sending = await openSendingSide({
    service: 'operations', runtime, database, databaseUrl: env.DATABASE_URL, broker, ask: (request) => provisioner.answer(request), lease: 'operations', refuseLazyBroker: false,
  });
  const news = new Newsroom({ databaseUrl: env.DATABASE_URL, logger });
  await news.start();
  shutdown.onClose('news', () => news.stop());
  let strategy: JetStreamStrategy | undefined;
  const asker = withOwnDoors(askerOf(rpc), () => strategy && { database, works: strategy.works() }, {
    [newestSubject]: (question) => provisioner.newest(question as NewestQuestion),
    [backlogSubject('operations')]: () => readBacklog(database, 'operations'),
  });
  const opened = features.map((feature) => feature.open({ env, database, ask: asker, news, clock, logger }));
  const projections = opened.flatMap((each) => each.projections ?? []);
  const consumers = new JetStreamStrategy({ service: 'operations', broker, database, clock, logger, readiness, projections, handlers: [], journal: env.STEWARD_MODE === 'test' });
  strategy = consumers;
  app.connectMicroservice<AsyncMicroserviceOptions>({ useFactory: () => ({ strategy: consumers }), inject: [] });
  const rebuilder = new Rebuilder({ strategy: consumers, ask: (subject, question) => ask(rpc, subject, question), database, clock, logger });
  await rebuilder.start();
  const heart = new Heartbeat({
    service: 'operations', process: 'operations', port: env.STEWARD_HEALTH_PORT, migrations: operationsMigrations, works: () => consumers.works(), database, clock, logger, tell: (beats) => recordBeats(database, 'operations', beats),
  });
  shutdown.onClose('heart', () => heart.stop());
  sending.start();
  heart.start();
  shutdown.onDrain('rebuilder', () => rebuilder.stop());
  return (await serveApi(opened, env, database, runtime)).url;
}
