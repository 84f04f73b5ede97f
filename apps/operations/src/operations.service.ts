import { Module, type DynamicModule } from '@nestjs/common';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { durables, PROVISIONER, streams } from '@steward/contracts';
import { type Broker, connectBroker, natsTransport, openAdministration } from '@steward/event-bus';
import { createLogger, createService, type Database, openDatabase, type Service, systemClock } from '@steward/platform';
import { BrokerStateController } from './broker-state.controller';
import type { OperationsEnv } from './operations.env';
import { Provisioner } from './provisioner/provisioner';
import { registerMigrations } from './provisioner/stream-register.store';
import { readSyncAlways } from './provisioner/sync-interval';

@Module({})
class OperationsModule {}

/** The operations process: provisions the broker, watches it, answers what state it is in. */
export async function createOperations(env: OperationsEnv): Promise<Service> {
  const logger = createLogger({ service: 'operations', level: env.STEWARD_LOG_LEVEL });
  const opened: (() => Promise<void>)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of opened.splice(0).reverse()) await close();
  };
  try {
    const database = await openDatabase({ url: env.DATABASE_URL, name: 'operations', migrations: registerMigrations, logger, poolSize: 4 });
    opened.push(() => database.close());
    const broker = await connectBroker({ url: env.NATS_PROVISIONER_URL, service: PROVISIONER, logger, apiPrefix: '$JS.API' });
    opened.push(() => broker.close());
    const system = env.NATS_SYSTEM_URL === undefined ? undefined : await connectBroker({ url: env.NATS_SYSTEM_URL, service: 'system', logger });
    if (system) opened.push(() => system.close());
    const provisioner = await createProvisioner(env, broker, system, database, logger);
    const service = await serve(env, provisioner, database, broker, logger, closeAll);
    return service;
  } catch (error) {
    await closeAll();
    throw error;
  }
}

type Logger = ReturnType<typeof createLogger>;

async function createProvisioner(env: OperationsEnv, broker: Broker, system: Broker | undefined, database: Database, logger: Logger): Promise<Provisioner> {
  const provisioner = new Provisioner({
    administration: await openAdministration(broker, env.STEWARD_STREAM_REPLICAS),
    broker,
    database,
    streams,
    durables,
    syncAlways: async () => (system ? readSyncAlways(system) : false),
    clock: systemClock,
    logger,
    everyMs: env.STEWARD_PROVISIONER_EVERY_MS,
  });
  provisioner.start();
  return provisioner;
}

function serve(env: OperationsEnv, provisioner: Provisioner, database: Database, broker: Broker, logger: Logger, closeAll: () => Promise<void>): Promise<Service> {
  return createService({
    name: 'operations',
    env,
    logger,
    module: (runtime): DynamicModule => {
      runtime.readiness.add('database', () => database.problem());
      runtime.readiness.add('broker', () => (broker.status() === 'up' ? undefined : 'no connection to the broker'));
      runtime.readiness.add('provisioner', () => provisioner.problem());
      runtime.shutdown.onClose('connections', closeAll);
      runtime.shutdown.onClose('provisioner', () => provisioner.stop());
      return { module: OperationsModule, controllers: [BrokerStateController], providers: [{ provide: Provisioner, useValue: provisioner }] };
    },
    configure: async (app) => {
      app.connectMicroservice<MicroserviceOptions>(natsTransport({ url: env.NATS_URL, service: 'operations' }));
    },
  });
}
