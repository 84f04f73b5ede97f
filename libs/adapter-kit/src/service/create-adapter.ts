/** An adapter's process: the source on one side, the outbox's relay on the other, the database between them. */
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { contracts, currentContracts, forgetting, type HeartbeatQuestion, heartbeatSubject, streamOf } from '@steward/contracts';
import { type Acting, ask, askBrokerState, askForget, backlogModule, connectBroker, consumerMigrations, createRpcClient, digestModule, evidenceModule, FlowBoard, FlowSwitch, flowsModule, Heart, lettersModule, lifeFloor, natsTransport, openSendingSide, outboxMigrations, provisionedWithinMs, rebuildModule, Rebuilds1790000005000, type SendingSide, snapshotModule, type SnapshotRows, toldLetters, toldSnapshotRows, traceModule, type Work } from '@steward/event-bus';
import { type Clock, createService, type Database, type Logger, openDatabase, type Runtime, type Service, StewardError } from '@steward/platform';
import { snapshotRows, withdrawSuperseded } from '../announce/announced.store';
import { kitMigrations } from '../announce/kit.migration';
import { doorsModule, type OpenDoors } from '../doors/doors.controller';
import { hurryEffects, hurryOne } from '../effect/effect.store';
import { renewAnnounced } from '../announce/renew';
import { FeedRunner } from '../feed/feed-runner';
import { sourceLetters } from '../feed/source-letters';
import { toldHeldChanges } from '../guard/told-held-changes';
import { type OpenHttp, type Outward, openOutward } from '../http/outward';
import { ownContracts, rebuildOwn, settleFloors } from '../own/own-states';
import type { Source } from '../source/define';
import { type AdapterEnv, refusesLazyBroker } from './adapter-env';
import { mountConsumers } from '../work/consuming';
import type { Adapter, AdapterContext } from './define-adapter';
import { heldModule } from './held.controller';
import { readSourceEvidence } from './source-evidence';
import { startWork } from '../work/own-work';
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

/** What others may ask of an adapter. */
class Questions {}

const adapterMigrations = [...outboxMigrations, ...consumerMigrations, Rebuilds1790000005000, ...kitMigrations];

/** All tables of an adapter's database. */
export const migrationsOf = (adapter: Adapter) => [...adapterMigrations, ...(adapter.migrations ?? [])];

export async function createAdapter(adapter: Adapter, env: AdapterEnv, options: AdapterOptions = {}): Promise<AdapterService> {
  const { progressEveryMs, ...rest } = options;
  let parts: (Pick<AdapterService, 'database' | 'runners'> & { readonly doors: OpenDoors; readonly board: FlowBoard; readonly letters: Acting }) | undefined;
  const service = await createService({
    name: adapter.name,
    env,
    ...rest,
    module: () => {
      const database = () => parts?.database;
      return {
        module: Questions,
        imports: [
          snapshotModule(adapter.name, database, rowsOf),
          heldModule(adapter.name, database),
          digestModule(adapter.name, tableOf(adapter.name), database),
          rebuildModule(adapter.name, database),
          evidenceModule(adapter.name, tableOf(adapter.name), database, readSourceEvidence),
          doorsModule(adapter.name, () => parts?.doors),
          flowsModule(adapter.name, () => parts?.board),
          lettersModule(adapter.name, () => parts?.letters),
          traceModule(adapter.name, database),
          backlogModule(adapter.name, database),
        ],
      };
    },
    configure: async (app, runtime) => {
      const { shutdown, readiness, logger } = runtime;
      const database = await openDatabase({ url: env.DATABASE_URL, name: adapter.name, migrations: migrationsOf(adapter), logger });
      shutdown.onClose('database', () => database.close());
      readiness.add('database', database.problem);
      // The ways out wake the runners, the relay needs them for a lost stream (B10), and they need its watch for their first revision.
      const runners: FeedRunner[] = [];
      const outward = openWays(database, runners, runtime);
      const source = openSource(adapter, env, runtime, outward.http);
      const flowSwitch = new FlowSwitch({ database, databaseUrl: env.DATABASE_URL, clock: runtime.clock, logger });
      shutdown.onClose('flows', () => flowSwitch.stop());
      await flowSwitch.start();
      const board = new FlowBoard({ database, flowSwitch, logger, now: () => runtime.clock.now(), dependencies: outward.dependencies });
      shutdown.onClose('flow board', () => board.close());
      const own = ownContracts(adapter.name, source.feeds);
      assertNewest(source.feeds);
      const broker = await connectBroker({ url: env.NATS_URL, service: adapter.name, logger });
      shutdown.onClose('broker', () => broker.close());
      readiness.add('broker', () => (broker.status() === 'up' ? undefined : 'the broker is not connected'));
      const rpc = createRpcClient({ url: env.NATS_URL, service: adapter.name });
      shutdown.onClose('rpc', () => rpc.close());
      const works: Work[] = [];
      const heart = new Heart({
        service: adapter.name, process: adapter.name, port: env.STEWARD_HEALTH_PORT, migrations: migrationsOf(adapter), works: () => works, database, clock: runtime.clock, logger,
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
      const revisionFloor = async (stream: string): Promise<number> => {
        const known = (await sending.watch.ready(provisionedWithinMs)).streams[stream]?.revisionFloor;
        if (known === undefined) throw new StewardError('OUTBOX_FLOOR_UNKNOWN', `of ${stream}`);
        return Math.max(known, await lifeFloor(database));
      };
      const context = openContext(adapter, env, runtime, database, source, outward.http);
      runners.push(...openRunners({ context, vendor: env.STEWARD_CONNECTOR, adapter, sending, flowSwitch, revisionFloor, progressEveryMs }));
      board.add(runners.map((runner) => runner.flow()));
      const hinted = (entities: readonly string[]): void => runners.filter(({ entity }) => entities.includes(entity)).forEach((runner) => runner.hinted());
      const sources = source.feeds.map(({ contract: { entity } }) => sourceLetters(adapter.name, entity, () => hinted([entity])));
      parts = { database, runners, board, letters: { database, works, sources }, doors: { system: adapter.name, database, feeds: source.feeds, own, tells, now: () => runtime.clock.now(), signal: shutdown.signal } };
      if (source.webhook) mountWebhook(app.getHttpAdapter().getInstance(), { spec: source.webhook, feeds: source.feeds, database, clock: runtime.clock, logger, stored: hinted });
      connectQuestions(app, adapter, env);
      shutdown.onDrain('feeds', async () => void (await Promise.all(runners.map((runner) => runner.stop()))));

      // Without an answer there is no floor, and without a floor a lost database would be announced below what consumers have (ADR 0005).
      const floors = untilDone(() => settleFloors(database, adapter.name, own, revisionFloor), runtime);
      const consumed = adapter.consumes?.(context);
      if (consumed) works.push(...(await mountConsumers(consumed, { flowSwitch, board, service: adapter.name, app, runtime, broker, rpc, database, journal: env.STEWARD_MODE === 'test', after: floors })));
      for (const door of adapter.webhooks?.(context) ?? []) mountDoor(app.getHttpAdapter().getInstance(), { door, database, clock: runtime.clock, logger });
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

/** A build says each entity in the newest version it knows (release gate, ADR 0025), so a connector that stayed behind is found before it says anything. */
function assertNewest(feeds: Source['feeds']): void {
  const behind = feeds.find(({ contract }) => currentContracts.some(({ entity, major }) => entity === contract.entity && major !== contract.major));
  if (behind !== undefined) throw new TypeError(`the feed of ${behind.contract.entity} says v${String(behind.contract.major)}: translate to the newest version`);
}

/** What this service announces is compared with what others hold of it, what it holds of others with what they announce (X1). */
const tableOf = (service: string) => (entity: string) => {
  const contract = contracts.find((each) => each.entity === entity && each.systems.includes(service));
  return contract === undefined ? 'stored_part' : contract.told ? 'told' : 'announced';
};

const saidOf = (entity: string): SnapshotRows => (contracts.some((each) => each.entity === entity && each.told) ? toldSnapshotRows : snapshotRows);
const rowsOf: SnapshotRows = {
  page: (database, entity, after, limit) => saidOf(entity).page(database, entity, after, limit),
  count: (database, entity) => saidOf(entity).count(database, entity),
};

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

function openContext(adapter: Adapter, env: AdapterEnv, { clock, logger, shutdown }: Runtime, database: Database, source: Source, http: OpenHttp): AdapterContext {
  const context = { env, clock, logger, database, source };
  return { ...context, own: adapter.opens?.({ ...context, http, onClose: (name, step) => shutdown.onClose(name, step) }) };
}

const hurryWithinMs = 5_000;

/** R4: what waits for a system that is back, or may be, need not wait for the end of its own pause, which grows to 15 s for a feed and a minute for an effect. */
function openWays(database: Database, runners: readonly FeedRunner[], { clock, logger, shutdown }: Runtime): Outward {
  const hurry = (effects: () => Promise<void>): void => void effects().catch((error: unknown) => logger.warn({ err: error }, 'effects wait on although their system may be back'));
  const wakeFeeds = (): void => runners.forEach((runner) => runner.sourceMayBeBack());
  const onBack = (): void => {
    wakeFeeds();
    hurry(async () => {
      await hurryEffects(database, hurryWithinMs);
      await clock.sleep(hurryWithinMs, shutdown.signal);
      // What found the breaker still open in the moment in which it closed has begun a pause since.
      if (!shutdown.signal.aborted) await hurryEffects(database, hurryWithinMs);
    });
  };
  const onCooled = (): void => {
    wakeFeeds();
    hurry(() => hurryOne(database));
  };
  const outward = openOutward({ database, clock, logger, onBack, onCooled });
  shutdown.onClose('ways out', outward.close);
  return outward;
}

function openSource(adapter: Adapter, env: AdapterEnv, { clock, logger, shutdown }: Runtime, openHttp: OpenHttp): Source {
  const connector = adapter.connectors[env.STEWARD_CONNECTOR];
  if (connector === undefined) throw new StewardError('ENV_INVALID', `no connector ${env.STEWARD_CONNECTOR}`, { place: 'STEWARD_CONNECTOR', accepted: Object.keys(adapter.connectors).join(' | ') });
  const http = openHttp(`${adapter.name}-${connector.vendor}`, connector.limits);
  const source = connector.open({ env, http, clock, logger });
  shutdown.onClose('source', async () => {
    await source.close?.();
    await http.close();
  });
  return source;
}

interface RunnerParts {
  readonly context: AdapterContext;
  readonly vendor: string;
  readonly adapter: Adapter;
  readonly sending: SendingSide;
  readonly flowSwitch: FlowSwitch;
  readonly revisionFloor: (stream: string) => Promise<number>;
  readonly progressEveryMs: number | undefined;
}

function openRunners({ context, vendor, adapter, sending, flowSwitch, revisionFloor, progressEveryMs }: RunnerParts): FeedRunner[] {
  const { clock, logger, database, source } = context;
  const follows = adapter.follows?.(context) ?? {};
  return source.feeds.map((feed) => {
    const stream = streamOf(feed.contract, adapter.name).name;
    return new FeedRunner({
      system: adapter.name, vendor, feed, database, lease: sending.lease, flowSwitch, clock, logger, revisionFloor: () => revisionFloor(stream),
      afterRead: follows[feed.contract.entity], ...(progressEveryMs === undefined ? {} : { progressEveryMs }),
    });
  });
}

function connectQuestions(app: NestFastifyApplication, { name }: Adapter, env: AdapterEnv): void {
  app.connectMicroservice(natsTransport({ url: env.NATS_URL, service: name }));
}
