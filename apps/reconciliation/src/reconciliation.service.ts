/** Compares the ends of every arrow, explains what differs, and asks its owner to say it again. Several replicas may run: one at a time does a check. */
import type { AsyncMicroserviceOptions } from '@nestjs/microservices';
import { contracts, type HeartbeatQuestion, heartbeatSubject } from '@steward/contracts';
import { type Acting, type AnnounceAgain, announceAgainModule, announceToldAgain, ask, askBrokerState, askForget, backlogModule, digestModule, type FlowBoard, flowsModule, Heartbeat, JetStreamStrategy, lettersModule, natsTransport, openBroker, openFlows, openSendingSide, Rebuilder, rebuildModule, snapshotModule, toldLetters, toldSnapshotRows, traceModule } from '@steward/event-bus';
import { type Clock, createService, type Database, type Logger, openDatabase, type Service } from '@steward/platform';
import type { Check, Comparison } from './check/define-check';
import { arrows } from './checks/arrows';
import { books } from './checks/books';
import { pages } from './checks/pages';
import { readPrices } from './checks/prices';
import { sources } from './checks/sources';
import { compareArrow } from './compare/arrow';
import { compareBooks } from './compare/books';
import { comparePages } from './compare/pages';
import { compareSource } from './compare/source';
import { migrations } from './database/migrations';
import { type Doors, openDoors } from './doors/doors';
import { storefrontAt } from './doors/gateway.client';
import { type DoorParts, reconciliationModule } from './doors/reconciliation.controller';
import { createRepairer } from './drift/repair';
import { toldDrift } from './drift/told-drift';
import { projections } from './projections/projections';
import type { ReconciliationEnv } from './reconciliation.env';
import { Runner } from './run/runner';

interface Reconciliation extends Service {
  readonly database: Database;
}

/** Every check looks twice, with its settle time between: what is a quarter of a second late is late for nobody, and costs a fifth. */
const GATHER_MS = 250;
const NAME = 'reconciliation';

class ReconciliationModule {}

/** What is told is its own: letters, and drift as cases. All else it keeps of others. */
const told = contracts.filter((contract) => contract.told && contract.systems.includes(NAME)).map(({ entity }) => entity);
const tells = [toldLetters, toldDrift];
const tableOf = (entity: string) => (told.includes(entity) ? 'told' : 'stored_part');

export async function createReconciliation(env: ReconciliationEnv, options: { clock?: Clock; logger?: Logger } = {}): Promise<Reconciliation> {
  let opened: Database | undefined;
  let door: DoorParts | undefined;
  let flows: FlowBoard | undefined;
  let letters: Acting | undefined;
  let sayAgain: AnnounceAgain | undefined;
  const service = await createService({
    name: NAME,
    env,
    module: () => {
      const database = () => opened;
      return {
        module: ReconciliationModule,
        imports: [
          snapshotModule(NAME, database, toldSnapshotRows),
          announceAgainModule(NAME, () => sayAgain),
          digestModule(NAME, tableOf, database),
          rebuildModule(NAME, database),
          flowsModule(NAME, () => flows),
          lettersModule(NAME, () => letters),
          traceModule(NAME, database),
          backlogModule(NAME, database),
          reconciliationModule(() => door),
        ],
      };
    },
    configure: async (app, runtime) => {
      const { logger, clock, readiness, shutdown } = runtime;
      // Lowest lane (R3): a handful of connections, so that checks never crowd out what is consumed.
      const database = await openDatabase({ url: env.DATABASE_URL, name: NAME, migrations, logger, poolSize: 6 });
      opened = database;
      shutdown.onClose('database', () => database.close());
      readiness.add('database', database.problem);
      const { broker, rpc } = await openBroker(runtime, { url: env.NATS_URL, service: NAME });

      const sending = await openSendingSide({
        service: NAME, runtime, database, databaseUrl: env.DATABASE_URL, broker, ask: askBrokerState(rpc), askForget: askForget(rpc, NAME), lease: NAME, tells,
        refuseLazyBroker: env.STEWARD_MODE === 'production' && !env.STEWARD_ALLOW_LAZY_BROKER,
      });

      const { flowSwitch, board } = await openFlows(runtime, { database, databaseUrl: env.DATABASE_URL });
      flows = board;

      const strategy = new JetStreamStrategy({ service: NAME, broker, database, clock, logger, readiness, flowSwitch, projections, handlers: [], gatherMs: GATHER_MS, journal: env.STEWARD_MODE === 'test' });
      board.add(strategy.flows());
      const heart = new Heartbeat({
        service: NAME, process: NAME, port: env.STEWARD_HEALTH_PORT, migrations, works: () => strategy.works(), database, clock, logger, tell: (beats) => ask(rpc, heartbeatSubject(NAME), { beats } satisfies HeartbeatQuestion),
      });
      shutdown.onClose('heart', () => heart.stop());
      letters = { database, works: strategy.works() };
      sayAgain = (question) => announceToldAgain({ service: NAME, database, tells, now: () => clock.now() }, question);
      app.connectMicroservice<AsyncMicroserviceOptions>({ useFactory: () => ({ strategy }), inject: [] });
      app.connectMicroservice(natsTransport({ url: env.NATS_URL, service: NAME }));

      const rebuilder = new Rebuilder({ strategy, ask: (subject, question) => ask(rpc, subject, question), database, clock, logger });
      await rebuilder.start();
      shutdown.onDrain('rebuilder', () => rebuilder.stop());

      const checks = checksFor(env);
      const doors = openDoors({ service: NAME, rpc, database, logger });
      const repairer = createRepairer({ doors, clock, checkOf: (name) => checks.find((check) => check.name === name) });
      const runner = new Runner({ checks, comparisonOf: comparisonBy({ doors, clock, database, storefront: env.STEWARD_GATEWAY_URL }), repairer, database, clock, logger });
      door = { database, clock, checks, repairer, woken: () => runner.wake() };
      await runner.start();
      shutdown.onDrain('checks', () => runner.stop());
      sending.start();
      heart.start();
    },
    ...options,
  });
  if (opened === undefined) throw new Error('reconciliation was not configured');
  return { ...service, database: opened };
}

function checksFor({ STEWARD_RECONCILIATION_SETTLE_MS: settleMs, STEWARD_GATEWAY_URL: storefront }: Pick<ReconciliationEnv, 'STEWARD_RECONCILIATION_SETTLE_MS' | 'STEWARD_GATEWAY_URL'>): readonly Check[] {
  const checks: readonly Check[] = [...arrows, ...sources, ...books, ...(storefront === undefined ? [] : [pages])];
  return settleMs === undefined ? checks : checks.map((check) => ({ ...check, settleMs }));
}

function comparisonBy({ doors, clock, database, storefront }: { doors: Doors; clock: Clock; database: Database; storefront: string | undefined }): (check: Check) => Comparison {
  const parts = { doors, clock, pricesOf: (skus: readonly string[]) => readPrices(database, skus) };
  return (check) => {
    switch (check.kind) {
      case 'arrow':
        return compareArrow(check, parts);
      case 'source':
        return compareSource(check, { ...parts, database });
      case 'books':
        return compareBooks(check, database);
      case 'pages':
        return comparePages(check, storefrontAt(storefront ?? ''));
    }
  };
}
