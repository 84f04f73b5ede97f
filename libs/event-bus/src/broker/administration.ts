/**
 * What the provisioner may do at the broker, and nobody else (B7): streams and durables from declarations. All functions say
 * what they found; judging it is the provisioner's.
 */
import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type StoredMsg,
  type StreamConfig,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import type { DurableDeclaration, StreamDeclaration } from '@steward/contracts';
import { StewardError } from '@steward/platform';
import { headerNames } from '../envelope';
import type { Broker } from './connect';

/** What Steward writes into a stream's metadata, so that the broker itself says which life of the stream this is. */
export interface StreamMark {
  readonly epoch: string;
  readonly floor: number;
  readonly sync: 'always' | 'lazy';
}

export interface StreamFacts {
  readonly created: string;
  readonly mark: StreamMark | undefined;
  readonly messages: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** ce-id of the message at lastSequence, null when there is none. */
  readonly lastMessageId: string | null;
  /** Its revision or sequence; 0 where there is none. */
  readonly lastNumber: number;
  /** Names of settings that differ from the declaration. */
  readonly differs: readonly string[];
}

export interface DurableFacts {
  /** Highest stream sequence below which everything is acknowledged. */
  readonly ackFloor: number;
  readonly delivered: number;
  /** Messages that it was not given yet or has not acknowledged. */
  readonly behind: number;
  /** The life of the stream that its numbers belong to, as far as it was told: consumers read it there (O8). */
  readonly epoch: string | undefined;
  readonly differs: readonly string[];
}

export interface Administration {
  readonly serverVersion: string;
  inspectStream(stream: StreamDeclaration): Promise<StreamFacts | undefined>;
  /** `firstSequence` continues the numbers of a lost stream. */
  createStream(stream: StreamDeclaration, mark: StreamMark, firstSequence: number): Promise<void>;
  updateStream(stream: StreamDeclaration, mark: StreamMark): Promise<void>;
  inspectDurable(durable: DurableDeclaration): Promise<DurableFacts | undefined>;
  /** Makes or replaces it; `startSequence` 0 = from the first message that the stream still has. */
  createDurable(durable: DurableDeclaration, epoch: string, startSequence: number): Promise<void>;
  updateDurable(durable: DurableDeclaration, epoch: string): Promise<void>;
  deleteDurable(durable: DurableDeclaration): Promise<void>;
  /** Of the newest message under a subject, without its content; undefined when there is none, or no such stream. */
  newestUnder(stream: string, subject: string): Promise<{ readonly sequence: number; readonly messageId: string | null; readonly revision: number | null } | undefined>;
  /** Removes the messages of a subject that all these durables have acknowledged; whether none is left. */
  forgetSubject(stream: StreamDeclaration, subject: string, durables: readonly DurableDeclaration[]): Promise<boolean>;
  /** Called when the broker says that a stream or durable was deleted; returns the unsubscriber. */
  onDeleted(callback: (what: string) => void): () => void;
}

/** Floor of the broker's version: metadata, first_seq and filter_subjects are silently ignored by older ones. */
const oldestVersion = [2, 10] as const;

/** B11: from this version on; an older one would ignore the setting silently. */
const atomicSince = [2, 12] as const;
const isAtLeast = ([major, minor]: readonly [number, number], [wantedMajor, wantedMinor]: readonly [number, number]): boolean => major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);

/** `replicas`: 1 on a single machine, 3 in a cluster. */
export async function openAdministration(broker: Broker, replicas = 1): Promise<Administration> {
  const serverVersion = broker.nc.info?.version ?? '0';
  const [major = 0, minor = 0] = serverVersion.split('.').map(Number);
  if (!isAtLeast([major, minor], oldestVersion)) {
    throw new StewardError('BROKER_TOO_OLD', `nats-server ${serverVersion}`, { accepted: `${oldestVersion.join('.')} or newer` });
  }
  const made = { replicas, atomic: isAtLeast([major, minor], atomicSince) };
  const jsm = await jetstreamManager(broker.nc, { checkAPI: false, timeout: 5_000 });
  return {
    serverVersion,
    inspectStream: (stream) => inspectStream(jsm, stream, made),
    createStream: async (stream, mark, firstSequence) => {
      await jsm.streams.add({ ...streamConfig(stream, made), metadata: metadataOf(mark), ...(firstSequence > 1 ? { first_seq: firstSequence } : {}) });
    },
    updateStream: async (stream, mark) => {
      // What a stream is made with for good is not among what may be changed.
      const { name, storage: _storage, retention: _retention, discard: _discard, ...changeable } = streamConfig(stream, made);
      await jsm.streams.update(name, { ...changeable, metadata: metadataOf(mark) });
    },
    inspectDurable: (durable) => inspectDurable(jsm, durable),
    createDurable: async (durable, epoch, startSequence) => {
      await deleteDurable(jsm, durable);
      const start = startSequence > 1 ? { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: startSequence } : { deliver_policy: DeliverPolicy.All };
      await jsm.consumers.add(durable.stream, { ...durableConfig(durable), ...start, metadata: { 'steward-epoch': epoch } });
    },
    updateDurable: async (durable, epoch) => {
      const { ack_wait, max_ack_pending, max_deliver, filter_subjects } = durableConfig(durable);
      await jsm.consumers.update(durable.stream, durable.name, { ack_wait, max_ack_pending, max_deliver, filter_subjects, metadata: { 'steward-epoch': epoch } });
    },
    deleteDurable: (durable) => deleteDurable(jsm, durable),
    newestUnder: (stream, subject) => newestUnder(jsm, stream, subject),
    forgetSubject: (stream, subject, durables) => forgetSubject(jsm, stream, subject, durables),
    onDeleted: (callback) => {
      const subscriptions = ['$JS.EVENT.ADVISORY.STREAM.DELETED.>', '$JS.EVENT.ADVISORY.CONSUMER.DELETED.>'].map((subject) =>
        broker.nc.subscribe(subject, { callback: (error, message) => (error ? undefined : callback(message.subject)) }),
      );
      return () => subscriptions.forEach((each) => each.unsubscribe());
    },
  };
}

type OwnStreamConfig = Pick<StreamConfig, 'name' | 'subjects' | 'storage' | 'retention' | 'discard' | 'num_replicas' | 'max_msgs_per_subject' | 'max_age' | 'max_bytes' | 'max_msg_size' | 'duplicate_window'> & { allow_atomic?: boolean };

interface Made {
  readonly replicas: number;
  readonly atomic: boolean;
}

function streamConfig(stream: StreamDeclaration, { replicas, atomic }: Made): OwnStreamConfig {
  return {
    name: stream.name,
    subjects: [...stream.subjects],
    storage: StorageType.File,
    // Limits, never interest or work queue: a stream must not forget because a consumer is missing (B7).
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    num_replicas: replicas,
    max_msgs_per_subject: stream.maxMsgsPerSubject,
    max_age: nanos(stream.maxAgeMs),
    max_bytes: stream.maxBytes,
    max_msg_size: -1,
    duplicate_window: nanos(120_000), // B5
    ...(atomic ? { allow_atomic: true } : {}), // B11
  };
}

type OwnDurableConfig = Required<Pick<ConsumerConfig, 'durable_name' | 'ack_policy' | 'ack_wait' | 'max_deliver' | 'max_ack_pending'>> & { filter_subjects: string[] };

/**
 * What a killed process had in hand comes to its successor after so long: half a minute of it was half a minute of every order that the process
 * had just been told of. A process that lives says every third of it that it is at work (B4); one that stands still for longer is taken for dead,
 * and what then comes twice the gate knows (C1).
 */
const ackWaitMs = 10_000;

function durableConfig(durable: DurableDeclaration): OwnDurableConfig {
  return {
    durable_name: durable.name,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ackWaitMs),
    // B4: no backoff list (its first entry would replace ack_wait), no limit of deliveries (attempts are counted by us).
    max_deliver: -1,
    max_ack_pending: 20_000,
    filter_subjects: [...durable.filterSubjects],
  };
}

const metadataOf = (mark: StreamMark): Record<string, string> => ({
  'steward-epoch': mark.epoch,
  'steward-floor': String(mark.floor),
  'steward-sync': mark.sync,
});

function markOf(metadata: Record<string, string> | undefined): StreamMark | undefined {
  const epoch = metadata?.['steward-epoch'];
  if (!epoch) return undefined;
  return { epoch, floor: Number(metadata['steward-floor'] ?? 0) || 0, sync: metadata['steward-sync'] === 'always' ? 'always' : 'lazy' };
}

const streamNotFound = 10059;
const consumerNotFound = 10014;
const messageNotFound = 10037;
const isCode = (error: unknown, ...codes: number[]): boolean => error instanceof JetStreamApiError && codes.includes(error.code);

async function newestUnder(jsm: JetStreamManager, stream: string, subject: string): ReturnType<Administration['newestUnder']> {
  try {
    const found = await jsm.streams.getMessage(stream, { last_by_subj: subject });
    if (found === null) return undefined;
    const revision = found.header.get(headerNames.revision);
    return { sequence: found.seq, messageId: found.header.get(headerNames.id) || null, revision: revision === '' ? null : Number(revision) };
  } catch (error) {
    if (isCode(error, messageNotFound, streamNotFound)) return undefined;
    throw error;
  }
}

async function inspectStream(jsm: JetStreamManager, stream: StreamDeclaration, made: Made): Promise<StreamFacts | undefined> {
  try {
    const { config, created, state } = await jsm.streams.info(stream.name);
    const wanted = streamConfig(stream, made);
    const last = state.messages > 0 ? await messageAt(jsm, stream.name, state.last_seq) : null;
    return {
      created,
      mark: markOf(config.metadata),
      messages: state.messages,
      firstSequence: state.first_seq,
      lastSequence: state.last_seq,
      lastMessageId: last?.header.get(headerNames.id) || null,
      lastNumber: numberOf(last),
      differs: differences(wanted, config as unknown as Record<string, unknown>),
    };
  } catch (error) {
    if (isCode(error, streamNotFound)) return undefined;
    throw error;
  }
}

async function messageAt(jsm: JetStreamManager, stream: string, sequence: number): Promise<StoredMsg | null> {
  try {
    return await jsm.streams.getMessage(stream, { seq: sequence });
  } catch (error) {
    if (isCode(error, messageNotFound)) return null;
    throw error;
  }
}

function numberOf(message: StoredMsg | null): number {
  const number = Number(message?.header.get(headerNames.revision) || message?.header.get(headerNames.sequence) || 0);
  return Number.isSafeInteger(number) && number > 0 ? number : 0;
}

async function forgetSubject(jsm: JetStreamManager, { name }: StreamDeclaration, subject: string, durables: readonly DurableDeclaration[]): Promise<boolean> {
  const floors = await Promise.all(durables.map(async (durable) => (await inspectDurable(jsm, durable))?.ackFloor ?? 0));
  // A message that nobody has read yet is a lost message, whoever it speaks of.
  await jsm.streams.purge(name, floors.length === 0 ? { filter: subject } : { filter: subject, seq: Math.min(...floors) + 1 });
  try {
    return (await jsm.streams.getMessage(name, { last_by_subj: subject })) === null;
  } catch (error) {
    if (isCode(error, messageNotFound)) return true;
    throw error;
  }
}

async function inspectDurable(jsm: JetStreamManager, durable: DurableDeclaration): Promise<DurableFacts | undefined> {
  try {
    const info = await jsm.consumers.info(durable.stream, durable.name);
    const config = info.config as unknown as Record<string, unknown>;
    // A single filter comes back in the older field.
    const filters = info.config.filter_subjects ?? (info.config.filter_subject ? [info.config.filter_subject] : []);
    return {
      ackFloor: info.ack_floor.stream_seq,
      delivered: info.delivered.stream_seq,
      behind: info.num_pending + info.num_ack_pending,
      epoch: info.config.metadata?.['steward-epoch'],
      differs: differences(durableConfig(durable), { ...config, filter_subjects: filters }),
    };
  } catch (error) {
    if (isCode(error, consumerNotFound, streamNotFound)) return undefined;
    throw error;
  }
}

async function deleteDurable(jsm: JetStreamManager, durable: DurableDeclaration): Promise<void> {
  try {
    await jsm.consumers.delete(durable.stream, durable.name);
  } catch (error) {
    if (!isCode(error, consumerNotFound, streamNotFound)) throw error;
  }
}

const canonical = (value: unknown): string => JSON.stringify(Array.isArray(value) ? value.toSorted() : value);

function differences(wanted: object, found: Record<string, unknown>): string[] {
  return Object.entries(wanted)
    .filter(([name, value]) => canonical(found[name]) !== canonical(value))
    .map(([name]) => name);
}
