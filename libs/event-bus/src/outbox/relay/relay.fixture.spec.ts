// What the relay's tests share: a relay on a real database and a real broker, and operations' answer as a lever.
import { product, streams, subjectOf, typeOf } from '@steward/contracts';
import { createLogger, type Database, openDatabase, systemClock } from '@steward/platform';
import { eventually, messagesOf, type TestBroker, testDatabase, type TestDatabase } from '@steward/testing';
import { v7 as uuid } from 'uuid';
import { type Broker, type BrokerState, connectBroker } from '../../broker';
import { Lease } from '../../lease';
import { outboxMigrations } from '../outbox.migration';
import { type Lane, outboxInsert } from '../outbox-insert';
import { ensurePartitions } from '../retention';
import { Relay, type RelayOptions } from './relay';

export const logger = createLogger({ service: 'test', level: 'silent' });
export const pimStreams = streams.filter((stream) => stream.system === 'pim');

export interface Declared {
  state: BrokerState;
  proofs: { stream: string; sequence: number }[];
  checks: number;
  /** Tells all listeners what operations would answer. */
  declare(epochs: Record<string, string>, syncAlways?: boolean): void;
  watch: RelayOptions['watch'];
}

export function declaredEpochs(epochs: Record<string, string>): Declared {
  const listeners = new Set<(state: BrokerState) => void | Promise<void>>();
  const stateOf = (wanted: Record<string, string>): BrokerState => ({
    serverVersion: '2.15.1',
    syncAlways: false,
    streams: Object.fromEntries(Object.entries(wanted).map(([name, epoch]) => [name, { epoch, firstSequence: 0, lastSequence: 0, lastMessageId: null, revisionFloor: 0 }])),
    durables: {},
  });
  const declared: Declared = {
    state: stateOf(epochs),
    proofs: [],
    checks: 0,
    declare: (next, syncAlways = false) => {
      declared.state = { ...stateOf(next), syncAlways };
      for (const listener of listeners) void listener(declared.state);
    },
    watch: {
      check: (proof) => {
        declared.checks += 1;
        if (proof) declared.proofs.push(proof);
      },
      onState: (listener) => {
        listeners.add(listener);
        void listener(declared.state);
        return () => void listeners.delete(listener);
      },
    },
  };
  return declared;
}

export interface Bench {
  test: TestDatabase;
  database: Database;
  broker: Broker;
  declared: Declared;
  relay: Relay;
  lease: Lease;
  /** Another relay on the same database and broker, as a second replica or a successor has it. */
  newRelay(options?: Partial<RelayOptions>): Promise<{ relay: Relay; lease: Lease; stop: () => Promise<void> }>;
  /** The first relay, with its lease: a successor starts at once. */
  stopFirst(): Promise<void>;
  close(): Promise<void>;
}

export async function openBench(nats: TestBroker, options: Partial<RelayOptions> = {}): Promise<Bench> {
  const test = await testDatabase({ migrations: outboxMigrations });
  const database = await openDatabase({ url: test.url, name: 'test', migrations: outboxMigrations, logger, poolSize: 8 });
  await ensurePartitions(database, Date.now(), 1);
  const broker = await connectBroker({ url: nats.urlOf('pim'), service: 'pim', logger });
  const declared = declaredEpochs({ PIM_STATE: 'first', PIM_EVENTS: 'first' });
  const stops: (() => Promise<void>)[] = [];
  const newRelay: Bench['newRelay'] = async (more = {}) => {
    const lease = new Lease({ database, name: 'relay', clock: systemClock, logger, ttlMs: 1_500 });
    const relay = new Relay({ database, databaseUrl: test.url, broker, streams: pimStreams, watch: declared.watch, lease, clock: systemClock, logger, ...options, ...more });
    lease.start();
    await relay.start();
    let stopped: Promise<void> | undefined;
    const stop = (): Promise<void> =>
      (stopped ??= (async () => {
        await relay.stop();
        await lease.stop();
      })());
    stops.push(stop);
    return { relay, lease, stop };
  };
  const { relay, lease, stop: stopFirst } = await newRelay();
  return {
    test,
    database,
    broker,
    declared,
    relay,
    lease,
    newRelay,
    stopFirst,
    close: async () => {
      for (const stop of stops) await stop();
      await broker.close();
      await database.close();
      await test.drop();
    },
  };
}

export interface StateDraft {
  key: string;
  revision: number;
  body?: string;
  lane?: Lane;
  traceparent?: string;
}

/** Text and values of one statement that writes product rows, as the kit's statement does. */
export function insertStates(drafts: StateDraft[]): { text: string; values: unknown[] } {
  return {
    text: `with woken as (select pg_notify('outbox', ''))
      ${outboxInsert}
      select id, 'product', key, 'state', $4, subject, lane, revision, null, now(), 'live', null, null, traceparent, false, body
      from unnest($1::uuid[], $2::text[], $3::text[], $5::bigint[], $6::text[], $7::smallint[], $8::text[]) d(id, key, subject, revision, body, lane, traceparent)
      where exists (select from woken)`,
    values: [
      drafts.map(() => uuid()),
      drafts.map(({ key }) => key),
      drafts.map(({ key }) => subjectOf(product, 'pim', key)),
      typeOf(product, 'pim'),
      drafts.map(({ revision }) => revision),
      drafts.map(({ body, key }) => body ?? JSON.stringify({ id: key })),
      drafts.map(({ lane }) => lane ?? 0),
      drafts.map(({ traceparent }) => traceparent ?? null),
    ],
  };
}

export interface Stored {
  sequence: number;
  subject: string;
  id: string;
  messageId: string;
  revision: string;
  eventSequence: string;
  traceparent: string;
  batch: string;
  tombstone: string;
}

/** Everything a stream holds, in order. */
export function stored(nats: TestBroker, stream: string): Promise<Stored[]> {
  return nats.asProvisioner(async (manager) => {
    const messages = await messagesOf(manager, stream);
    return messages.map((message) => {
      const read = (name: string): string => message.headers?.get(name) ?? '';
      return {
        sequence: message.seq,
        subject: message.subject,
        id: read('ce-id'),
        messageId: read('Nats-Msg-Id'),
        revision: read('ce-revision'),
        eventSequence: read('ce-sequence'),
        traceparent: read('traceparent'),
        batch: read('Nats-Batch-Id'),
        tombstone: read('ce-tombstone'),
      };
    });
  });
}

export async function nothingPending(database: Database, withinMs = 15_000): Promise<void> {
  await eventually(async () => (await database.query<{ count: number }>('select count(*)::int as count from outbox where published_at is null'))[0]?.count === 0, { withinMs });
}
