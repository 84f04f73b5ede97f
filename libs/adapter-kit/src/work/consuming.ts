import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AsyncMicroserviceOptions } from '@nestjs/microservices';
import { ask, type Broker, type FlowBoard, type FlowSwitch, JetStreamStrategy, Rebuilder, type Work } from '@steward/event-bus';
import type { Database, Runtime } from '@steward/platform';
import type { Consumed } from '../service/define-adapter';

type Asking = Parameters<typeof ask>[0];

interface ConsumingOptions {
  readonly service: string;
  readonly app: NestFastifyApplication;
  readonly runtime: Runtime;
  readonly broker: Broker;
  readonly rpc: Asking;
  readonly database: Database;
  readonly flowSwitch: FlowSwitch;
  readonly board: FlowBoard;
  readonly journal: boolean;
  /** What must be known before the first message is handled. */
  readonly after: Promise<void>;
}

/** The durables of this service, as in any consumer; drained before the relay, so that what the last messages wrote is still sent. */
export async function mountConsumers({ projections = [], handlers = [] }: Consumed, options: ConsumingOptions): Promise<readonly Work[]> {
  const { service, app, runtime, broker, rpc, database, flowSwitch, board, journal, after } = options;
  const { clock, logger, readiness, shutdown } = runtime;
  const strategy = new JetStreamStrategy({ service, broker, database, clock, logger, readiness, projections, handlers, flowSwitch, journal, after });
  board.add(strategy.flows());
  if (projections.length > 0) {
    const rebuilder = new Rebuilder({ strategy, ask: (subject, question) => ask(rpc, subject, question), database, clock, logger });
    await rebuilder.start();
    shutdown.onDrain('rebuilder', () => rebuilder.stop());
  }
  shutdown.onDrain('consumer', () => strategy.close());
  app.connectMicroservice<AsyncMicroserviceOptions>({ useFactory: () => ({ strategy }), inject: [] });
  return strategy.works();
}
