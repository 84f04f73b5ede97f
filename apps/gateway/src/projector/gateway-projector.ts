/**
 * The projector process: durables of the broker in, composed documents out. Several replicas may run: the apply gate, the
 * documents' row locks and the broker's durables keep them apart.
 */
import type { AsyncMicroserviceOptions } from '@nestjs/microservices';
import { contracts, type HeartbeatQuestion, heartbeatSubject } from '@steward/contracts';
import { type Acting, type AnnounceAgain, announceAgainModule, announceToldAgain, ask, askBrokerState, askForget, backlogModule, besidePool, BesideRebuilder, digestModule, evidenceModule, type FlowBoard, flowsModule, Heartbeat, JetStreamStrategy, lettersModule, natsTransport, openBroker, openFlows, openSendingSide, Rebuilder, rebuildModule, retiringLoop, snapshotModule, toldLetters, toldSnapshotRows, traceModule } from '@steward/event-bus';
import { createService, endpointsOf, openDatabase, type Clock, type Database, type Logger, type Service } from '@steward/platform';
import { categoryProjection } from '../category/category.projection';
import { customerProjection, segmentProjection } from '../customer/customer.projection';
import { migrations } from '../database/migrations';
import { gatewayRetentions } from '../database/retentions';
import type { ProjectorEnv } from '../projector.env';
import { feedProgressHandler } from '../freshness/feed-progress.handler';
import { parkedProjection } from '../freshness/parked.projection';
import { progressApplier } from '../freshness/progress-applier';
import { listingWorker } from '../listing/listing-worker';
import { orderPartProjections } from '../order/order-parts.projection';
import { orderProjection } from '../order/order.projection';
import { priceProjection } from '../price/price.projection';
import { dirtyDocuments } from '../product/dirty-documents';
import { productProjection } from '../product/product.projection';
import { promotionProjection } from '../promotion/promotion.projection';
import { reservationProjection } from '../reservation/reservation.projection';
import { reservedStockProjection, stockLevelProjection } from '../product/stock-level.projection';
import { gatewayRelease } from '../release';
import { catalogueModel, catalogueSources } from './catalogue-model';
import { WebhookSender } from '../webhook/webhook-sender';

export interface GatewayProjector extends Service {
  readonly database: Database;
}

class ProjectorModule {}

/** What is told is the gateway's own: its letters. All else it keeps of others. */
const told = contracts.filter((contract) => contract.told && contract.systems.includes('gateway')).map(({ entity }) => entity);
const tells = [toldLetters];
const tableOf = (entity: string) => (told.includes(entity) ? 'told' : 'stored_part');

export async function createGatewayProjector(env: ProjectorEnv, options: { clock?: Clock; logger?: Logger } = {}): Promise<GatewayProjector> {
  let opened: Database | undefined;
  let flows: FlowBoard | undefined;
  let letters: Acting | undefined;
  let beside: BesideRebuilder | undefined;
  let sayAgain: AnnounceAgain | undefined;
  const service = await createService({
    name: 'gateway-projector',
    env,
    module: () => {
      const database = () => opened;
      return { module: ProjectorModule, imports: [snapshotModule('gateway', database, toldSnapshotRows), announceAgainModule('gateway', () => sayAgain), digestModule('gateway', tableOf, database), evidenceModule('gateway', tableOf, database), flowsModule('gateway', () => flows), lettersModule('gateway', () => letters), rebuildModule('gateway', database, () => beside), traceModule('gateway', database), backlogModule('gateway', database)] };
    },
    configure: async (app, runtime) => {
      const { logger, clock, readiness, shutdown } = runtime;
      const database = await openDatabase({ url: env.DATABASE_URL, name: 'gateway-projector', migrations, logger });
      opened = database;
      shutdown.onClose('database', () => database.close());
      readiness.add('database', database.problem);
      const { broker, rpc } = await openBroker(runtime, { url: env.NATS_URL, service: 'gateway' });
      // What the API has accepted is sent from here: it has no broker, and must not need one to accept (I7).
      const sending = await openSendingSide({
        service: 'gateway', runtime, database, databaseUrl: env.DATABASE_URL, broker, ask: askBrokerState(rpc), askForget: askForget(rpc, 'gateway'), lease: 'gateway', tells,
        refuseLazyBroker: env.STEWARD_MODE === 'production' && !env.STEWARD_ALLOW_LAZY_BROKER,
      });

      const endpoints = endpointsOf(env.STEWARD_GATEWAY_WEBHOOKS, env.STEWARD_GATEWAY_WEBHOOK_SECRETS, 'STEWARD_GATEWAY_WEBHOOK_SECRETS');
      const urls = endpoints?.urls ?? [];
      if (endpoints !== undefined) {
        const webhooks = new WebhookSender({ endpoints, database, clock, logger });
        webhooks.start();
        shutdown.onDrain('webhooks', () => webhooks.stop());
      }

      const { flowSwitch, board } = await openFlows(runtime, { database, databaseUrl: env.DATABASE_URL });
      flows = board;

      const strategy = new JetStreamStrategy({
        service: 'gateway',
        broker,
        database,
        clock,
        logger,
        readiness,
        flowSwitch,
        projections: [productProjection, categoryProjection, stockLevelProjection, priceProjection, reservedStockProjection, promotionProjection, reservationProjection, orderProjection(urls), ...orderPartProjections(urls), customerProjection, segmentProjection, parkedProjection],
        handlers: [feedProgressHandler],
        journal: env.STEWARD_MODE === 'test',
      });
      board.add(strategy.flows());
      letters = { database, works: strategy.works() };
      sayAgain = (question) => announceToldAgain({ service: 'gateway', database, tells, now: () => clock.now() }, question);
      const heart = new Heartbeat({
        ...gatewayRelease('gateway-projector'), port: env.STEWARD_HEALTH_PORT, works: () => strategy.works(), database, clock, logger, tell: (beats) => ask(rpc, heartbeatSubject('gateway'), { beats } satisfies HeartbeatQuestion),
      });
      shutdown.onClose('heart', () => heart.stop());
      app.connectMicroservice<AsyncMicroserviceOptions>({ useFactory: () => ({ strategy }), inject: [] });

      app.connectMicroservice(natsTransport({ url: env.NATS_URL, service: 'gateway' }));

      const rebuilder = new Rebuilder({ strategy, ask: (subject, question) => ask(rpc, subject, question), database, clock, logger });

      const besides = await openDatabase({ url: env.DATABASE_URL, name: 'gateway-beside', migrations: [], ...besidePool, logger });
      shutdown.onClose('database of the second model', () => besides.close());
      const besideRebuilder = new BesideRebuilder({ works: strategy.works(), sources: catalogueSources, model: catalogueModel, ask: (subject, question) => ask(rpc, subject, question), database: besides, clock, logger });
      beside = besideRebuilder;

      const progress = progressApplier({ database, clock, logger, floorOf: (builds, stream) => strategy.ackFloor(builds, stream) });
      const dirty = dirtyDocuments({ database, clock, logger });
      const lists = listingWorker({ database, clock, logger });
      const retiring = retiringLoop({ database, clock, logger }, gatewayRetentions);
      retiring.start();
      shutdown.onDrain('retention of rows', () => retiring.stop());
      progress.start();
      dirty.start();
      lists.start();
      sending.start();
      heart.start();
      besideRebuilder.start();
      await rebuilder.start();
      shutdown.onDrain('feed progress', () => progress.stop());
      shutdown.onDrain('dirty documents', () => dirty.stop());
      shutdown.onDrain('lists', () => lists.stop());
      shutdown.onDrain('rebuilder', () => rebuilder.stop());
      shutdown.onDrain('rebuilder of the second model', () => besideRebuilder.stop());
    },
    ...options,
  });
  if (opened === undefined) throw new Error('the projector was not configured');
  return { ...service, database: opened };
}
