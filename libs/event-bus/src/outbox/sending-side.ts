/**
 * Everything a process needs to send what its database has committed: lease, relay, the watch over its streams, partitions,
 * metrics, readiness; and the Teller of tables whose rows are states. For adapters, and for whoever else writes an outbox.
 */
import { streams } from '@steward/contracts';
import type { Database, Runtime } from '@steward/platform';
import { type AskBrokerState, type Broker, StreamWatch } from '../broker';
import { Lease } from '../lease';
import { type AskForget, startForgetting } from '../privacy/forget-messages';
import type { Told } from '../tell/define-told';
import { Teller } from '../tell/teller';
import { rebuildTold, withdrawTold } from '../tell/told.store';
import { beginLife, isProven, proveLife, type Renew, sayAgain } from './life';
import { watchOutbox } from './outbox-metrics';
import type { Rebuild } from './relay/adopt-epoch';
import { Relay, type RelayOptions } from './relay/relay';
import { Retention } from './retention';

/** B7: how long the provisioner may take to make what this service needs; then the process ends with a code. */
export const provisionedWithinMs = 120_000;

export interface SendingSideOptions {
  /** The system in the subjects and streams that are sent to, and the name of the broker's account. */
  readonly service: string;
  readonly runtime: Pick<Runtime, 'clock' | 'logger' | 'readiness' | 'shutdown'>;
  readonly database: Database;
  readonly databaseUrl: string;
  readonly broker: Broker;
  readonly ask: AskBrokerState;
  /** For who sends commands or events that speak of persons. */
  readonly askForget?: AskForget;
  /** One holder sends; what else it alone may do is under the same lease (ADR 0009). */
  readonly lease: string;
  readonly refuseLazyBroker: boolean;
  /** For who announces states: see RelayOptions. */
  readonly withdraw?: RelayOptions['withdraw'];
  readonly rebuild?: Rebuild;
  /** For who announces states, when the database comes from a backup. */
  readonly renew?: Renew;
  /** Tables of this database whose rows others are told of. */
  readonly tells?: readonly Told[];
}

export interface SendingSide {
  readonly lease: Lease;
  readonly watch: StreamWatch;
  /** Begins to ask for the lease and the broker's state; to be called when everything is there that acts on them. */
  readonly start: () => void;
}

/**
 * Opens outbox, lease and relay, and registers them with readiness and shutdown. What is registered after it is drained before it, so its
 * rows are still sent.
 */
export async function openSendingSide(options: SendingSideOptions): Promise<SendingSide> {
  const { service, database, databaseUrl, broker, askForget, refuseLazyBroker, tells = [] } = options;
  const { clock, logger, readiness, shutdown } = options.runtime;
  const own = streams.filter(({ system }) => system === service);
  const lease = new Lease({ database, name: options.lease, clock, logger });
  await beginLife(database, logger);
  const life = await provingLife(options, own.map(({ name }) => name));
  const watch: StreamWatch = new StreamWatch({ service, streams: own.map(({ name }) => name), broker, ask: life.ask, recorded: () => relay.recorded(), clock, logger, refuseLazyBroker });
  const relay = new Relay({ database, databaseUrl, broker, streams: own, watch, lease, clock, logger, mayBegin: life.proven, ...statesOf(options) });
  const retention = new Retention({ database, clock, logger });
  await retention.start();
  await sayAgain(database, tells, options.renew);
  await relay.start();
  const teller = new Teller({ service, told: tells, database, databaseUrl, lease, clock, logger });
  if (tells.length > 0) await teller.start();
  const unwatch = watchOutbox(database);
  // Let go in the opposite order: what is still written is sent, then the lease goes.
  shutdown.onDrain('lease', () => lease.stop());
  shutdown.onDrain('watch', () => watch.stop());
  shutdown.onDrain('retention', () => retention.stop());
  shutdown.onDrain('outbox metrics', unwatch);
  shutdown.onDrain('relay', () => relay.stop());
  if (askForget) shutdown.onDrain('forgotten messages', startForgetting({ system: service, database, ask: askForget, clock, logger }));
  if (tells.length > 0) shutdown.onDrain('teller', () => teller.stop());
  readiness.add('streams', () => watch.problem());
  readiness.add('outbox', () => relay.problems()[0]); // B10: not ready while a stream stands
  watch.ready(provisionedWithinMs).catch((error: unknown) => {
    // Outside any promise, so that it reaches the process's own handler and ends it with the code of the error.
    if (!shutdown.signal.aborted) setImmediate(() => { throw error; });
  });
  return {
    lease,
    watch,
    start: () => {
      lease.start();
      watch.start();
    },
  };
}

/** The first answer proves the life of the database, before anybody else hears it; until then nothing is sent. */
async function provingLife({ ask, database, tells = [], renew, runtime: { logger } }: SendingSideOptions, own: readonly string[]): Promise<{ ask: AskBrokerState; proven: () => boolean }> {
  let proven = await isProven(database);
  return {
    proven: () => proven,
    ask: async (request) => {
      const state = await ask(request);
      const floors = own.map((name) => state.streams[name]?.revisionFloor);
      // Of streams that are not there the watch says so, and nobody knows what they held.
      if (proven || floors.includes(undefined)) return state;
      await proveLife(database, Math.max(0, ...floors.map((floor) => floor ?? 0)), logger);
      await sayAgain(database, tells, renew);
      proven = true;
      return state;
    },
  };
}

/** What the relay has to know of states: those that the service itself announces, and those that are told. */
function statesOf({ service, database, withdraw, rebuild, tells = [] }: SendingSideOptions): Pick<RelayOptions, 'withdraw' | 'rebuild'> {
  if (tells.length === 0) return { ...(withdraw ? { withdraw } : {}), ...(rebuild ? { rebuild } : {}) };
  return {
    withdraw: async (ids) => [...((await withdraw?.(ids)) ?? []), ...(await withdrawTold(database, ids))],
    rebuild: async (tx, change) => {
      await rebuild?.(tx, change);
      await rebuildTold(tx, service, tells, change);
    },
  };
}
