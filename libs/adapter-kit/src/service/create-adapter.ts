/** An adapter's process: the source on one side, the outbox's relay on the other, the database between them. */
import { forgetting, type HeartbeatQuestion, heartbeatSubject } from '@steward/contracts';
import {
  ask, askBrokerState, askForget, consumerMigrations, Heartbeat, natsTransport, openBroker, openFlows, openSendingSide, outboxMigrations, Rebuilds1790000005000, toldLetters, type Work,
} from '@steward/event-bus';
import { type Clock, createService, type Database, type Logger, openDatabase, type Runtime, type Service } from '@steward/platform';
import { withdrawSuperseded } from '../announce/announced.store';
import { kitMigrations } from '../announce/kit.migration';
import { renewAnnounced } from '../announce/renew';
import type { FeedRunner } from '../feed/feed-runner';
import { sourceLetters } from '../feed/source-letters';
import { toldHeldChanges } from '../guard/told-held-changes';
import { ownContracts, rebuildOwn, settleFloors } from '../own/own-states';
import { mountConsumers } from '../work/consuming';
import { startWork } from '../work/own-work';
import { type AdapterEnv, refusesLazyBroker } from './adapter-env';
import type { Adapter, AdapterContext } from './define-adapter';
import { type Answering, questionsModule } from './questions';
import { openRunners, openSource, openWays, revisionFloors } from './reading-side';
import { mountDoor, mountWebhook } from './webhook.controller';

export interface AdapterService extends Service {
  readonly database: Database;
  readonly runners: readonly FeedRunner[];
}

interface AdapterOptions {
  readonly clock?: Clock;
  readonly logger?: Logger;
  readonly progressEveryMs?: number;
}

const tells = [toldLetters, toldHeldChanges];

export const adapterMigrations = [...outboxMigrations, ...consumerMigrations, Rebuilds1790000005000, ...kitMigrations];

/** All tables of an adapter's database. */
export const migrationsOf = (adapter: Adapter) => [...adapterMigrations, ...(adapter.migrations ?? [])];

export async function createAdapter(adapter: Adapter, env: AdapterEnv, options: AdapterOptions = {}): Promise<AdapterService> {
  const { progressEveryMs, ...rest } = options;
  let parts: (Answering & Pick<AdapterService, 'runners'>) | undefined;
  const service = await createService({
    name: adapter.name,
    env,
    ...rest,
    module: () => questionsModule(adapter.name, () => parts),
    configure: async (app, runtime) => {
      const { clock, shutdown, readiness, logger } = runtime;
      const database = await openDatabase({ url: env.DATABASE_URL, name: adapter.name, migrations: migrationsOf(adapter), logger });
      shutdown.onClose('database', () => database.close());
      readiness.add('database', database.problem);
      // The ways out wake the runners, the relay needs them for a lost stream (B10), and they need its watch for their first revision.
      const runners: FeedRunner[] = [];
      const outward = openWays(database, runners, runtime);
      const source = openSource(adapter, env, outward.http, runtime);
      const { flowSwitch, board } = await openFlows(runtime, { database, databaseUrl: env.DATABASE_URL, dependencies: outward.dependencies });
      const own = ownContracts(adapter.name, source.feeds);
      const { broker, rpc } = await openBroker(runtime, { url: env.NATS_URL, service: adapter.name });
      const works: Work[] = [];
      const heart = new Heartbeat({
        service: adapter.name, process: adapter.name, port: env.STEWARD_HEALTH_PORT, migrations: migrationsOf(adapter), works: () => works, database, clock, logger,
        tell: (beats) => ask(rpc, heartbeatSubject(adapter.name), { beats } satisfies HeartbeatQuestion),
      });
      shutdown.onClose('heart', () => heart.stop());
      const sending = await openSendingSide({
        service: adapter.name, runtime, database, databaseUrl: env.DATABASE_URL, broker, ask: askBrokerState(rpc), refuseLazyBroker: refusesLazyBroker(env),
        // Reading and sending are one piece of work: two leases could be with two processes, one of them blind for the other's rows.
        lease: 'adapter',
        ...(forgetting.includes(adapter.name) ? { askForget: askForget(rpc, adapter.name) } : {}),
        withdraw: (ids) => withdrawSuperseded(database, ids),
        rebuild: async (tx, change) => {
          for (const runner of runners) await runner.rebuild(tx, change);
          await rebuildOwn(tx, adapter.name, own, change);
        },
        renew: (tx, floor) => renewAnnounced(tx, adapter.name, [...source.feeds.map(({ contract }) => contract), ...own], floor),
        tells,
      });
      const revisionFloor = revisionFloors(sending, database);
      const shared = { env, clock, logger, database, source };
      const context: AdapterContext = { ...shared, own: adapter.opens?.({ ...shared, http: outward.http, onClose: (name, step) => shutdown.onClose(name, step) }) };
      runners.push(...openRunners({ context, vendor: env.STEWARD_CONNECTOR, adapter, sending, flowSwitch, revisionFloor, progressEveryMs }));
      board.add(runners.map((runner) => runner.flow()));
      const hinted = (entities: readonly string[]): void => runners.filter(({ entity }) => entities.includes(entity)).forEach((runner) => runner.hinted());
      const sources = source.feeds.map(({ contract: { entity } }) => sourceLetters(adapter.name, entity, () => hinted([entity])));
      parts = { database, runners, board, letters: { database, works, sources }, doors: { system: adapter.name, database, feeds: source.feeds, own, tells, now: () => clock.now(), signal: shutdown.signal } };
      app.connectMicroservice(natsTransport({ url: env.NATS_URL, service: adapter.name }));
      const server = app.getHttpAdapter().getInstance();
      if (source.webhook) mountWebhook(server, { spec: source.webhook, feeds: source.feeds, database, clock, logger, stored: hinted });
      for (const door of adapter.webhooks?.(context) ?? []) mountDoor(server, { door, database, clock, logger });
      shutdown.onDrain('feeds', async () => void (await Promise.all(runners.map((runner) => runner.stop()))));

      // Without an answer there is no floor, and without a floor a lost database would be announced below what consumers have (ADR 0005).
      const floors = untilDone(() => settleFloors(database, adapter.name, own, revisionFloor), runtime);
      const consumed = adapter.consumes?.(context);
      if (consumed) works.push(...(await mountConsumers(consumed, { flowSwitch, board, service: adapter.name, app, runtime, broker, rpc, database, journal: env.STEWARD_MODE === 'test', after: floors })));
      startWork(adapter, context, { lease: sending.lease, shutdown, flowSwitch, board, after: floors });
      sending.start();
      heart.start();
      for (const runner of runners) runner.start();
    },
  });
  if (parts === undefined) throw new TypeError('the adapter was not configured');
  const { database, runners } = parts;
  return { ...service, database, runners };
}

/** Tries until it succeeds or the process stops; what lasts too long ends the process elsewhere (B7). */
async function untilDone(work: () => Promise<void>, { clock, logger, shutdown }: Runtime): Promise<void> {
  while (!shutdown.signal.aborted) {
    try {
      return await work();
    } catch (error) {
      logger.warn({ err: error }, 'the service can not begin its own work yet');
      await clock.sleep(1_000, shutdown.signal);
    }
  }
}
