/** Everything an adapter needs to read its system of record: the ways out, the source behind them, and a runner for each feed. */
import { currentContracts, streamOf } from '@steward/contracts';
import { type FlowSwitch, lifeFloor, provisionedWithinMs, type SendingSide } from '@steward/event-bus';
import { type Database, type Runtime, StewardError } from '@steward/platform';
import { hurryEffects, hurryOne } from '../effect/effect.store';
import { FeedRunner } from '../feed/feed-runner';
import { type OpenHttp, type Outward, openOutward } from '../http/outward';
import type { Source } from '../source/define';
import type { AdapterEnv } from './adapter-env';
import type { Adapter, AdapterContext } from './define-adapter';

const hurryWithinMs = 5_000;

/** R4: what waits for a system that is back, or may be, need not wait for the end of its own pause, which grows to 15 s for a feed and a minute for an effect. */
export function openWays(database: Database, runners: readonly FeedRunner[], { clock, logger, shutdown }: Runtime): Outward {
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

export function openSource(adapter: Adapter, env: AdapterEnv, openHttp: OpenHttp, { clock, logger, shutdown }: Runtime): Source {
  const connector = adapter.connectors[env.STEWARD_CONNECTOR];
  if (connector === undefined) throw new StewardError('ENV_INVALID', `no connector ${env.STEWARD_CONNECTOR}`, { place: 'STEWARD_CONNECTOR', accepted: Object.keys(adapter.connectors).join(' | ') });
  const http = openHttp(`${adapter.name}-${connector.vendor}`, connector.limits);
  const source = connector.open({ env, http, clock, logger });
  shutdown.onClose('source', async () => {
    await source.close?.();
    await http.close();
  });
  assertNewest(source.feeds);
  return source;
}

/** A build says each entity in the newest version it knows (release gate, ADR 0025), so a connector that stayed behind is found before it says anything. */
function assertNewest(feeds: Source['feeds']): void {
  const behind = feeds.find(({ contract }) => currentContracts.some(({ entity, major }) => entity === contract.entity && major !== contract.major));
  if (behind !== undefined) throw new TypeError(`the feed of ${behind.contract.entity} says v${String(behind.contract.major)}: translate to the newest version`);
}

/** Below which no state of a stream may be announced: what the provisioner and this database's life know of it. */
export const revisionFloors =
  ({ watch }: SendingSide, database: Database) =>
  async (stream: string): Promise<number> => {
    const known = (await watch.ready(provisionedWithinMs)).streams[stream]?.revisionFloor;
    if (known === undefined) throw new StewardError('OUTBOX_FLOOR_UNKNOWN', `of ${stream}`);
    return Math.max(known, await lifeFloor(database));
  };

interface RunnerParts {
  readonly context: AdapterContext;
  readonly vendor: string;
  readonly adapter: Adapter;
  readonly sending: SendingSide;
  readonly flowSwitch: FlowSwitch;
  readonly revisionFloor: (stream: string) => Promise<number>;
  readonly progressEveryMs: number | undefined;
}

export function openRunners({ context, vendor, adapter, sending, flowSwitch, revisionFloor, progressEveryMs }: RunnerParts): FeedRunner[] {
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
