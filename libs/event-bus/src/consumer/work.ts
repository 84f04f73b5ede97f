import { type Catalogue, type Contract, raised, shipped, withKnownValues } from '@steward/contracts';
import { type Clock, type Database, type Logger, RejectedError } from '@steward/platform';
import { addressOf, type Envelope, type RawMessage } from '../envelope';
import { headersToRecord, type NewLetter } from '../dead-letter/dead-letter.store';
import { readAs, type Reading, type Sound } from './arrival';
import type { Handler, Projection } from './declarations';
import type { FaultClass, RetryBudget } from './failure';
import type { Gate } from './gate/apply-gate';
import type { Meter } from './telemetry/meter';

/** Everything the messages of one durable are applied with. */
export interface Work {
  /** Name of the durable: `<service>-<builds>`. */
  readonly consumer: string;
  readonly stream: string;
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly projections: ReadonlyMap<string, Projection>;
  readonly handlers: ReadonlyMap<string, Handler>;
  readonly budget: RetryBudget;
  /** How long an event may wait for the one before it, or for its entity, until it becomes a case of its owner (C5b, C8). */
  readonly heldForMs: number;
  readonly meter: Meter;
  /** T4: writes what was applied to apply_journal; tests only. */
  readonly journal: boolean;
  /** Another one than the apply gate of live traffic. */
  readonly gate?: Gate;
  /** Another one than what this build knows of contracts. */
  readonly catalogue?: Catalogue;
}

/** One delivery in hand, read and checked. */
export interface Delivered<R extends Reading = Reading> {
  readonly reading: R;
  readonly message: RawMessage;
  readonly streamSequence: number;
  /** How often the broker has delivered it, this time included. */
  readonly deliveries: number;
  readonly receivedAtMs: number;
}

export type Outcome = { readonly kind: 'done' } | { readonly kind: 'later'; readonly afterMs: number };
export const done: Outcome = { kind: 'done' };

export const isSound = (delivered: Delivered): delivered is Delivered<Sound> => delivered.reading.sound;

/** Events of a key that nothing was ever applied of wait this long for their beginning; then the first one seen is the beginning. */
export const newcomerWaitMs = 60_000;

export const declared = (work: Work, contract: Contract): boolean => work.projections.has(contract.entity) || work.handlers.has(contract.entity);

/** A message as this consumer's code declares it, whichever major it came in. */
export function readFor({ projections, handlers, catalogue = shipped }: Work, message: RawMessage): Reading {
  const entity = addressOf(message.subject, catalogue)?.contract.entity ?? '';
  return readAs((projections.get(entity) ?? handlers.get(entity))?.contract, message, catalogue);
}

/** What a held event says. It was read when it came; the build that held it may have declared another major. */
export function dataOf({ catalogue = shipped }: Pick<Work, 'catalogue'>, { contract }: Handler, envelope: Envelope): unknown {
  const data: unknown = JSON.parse(envelope.body);
  const sent = addressOf(envelope.subject, catalogue);
  if (sent === undefined || sent.major === contract.major) return withKnownValues(contract, data);
  const result = raised(catalogue, { ...sent.contract, major: sent.major }, contract, withKnownValues(sent.contract, data));
  if ('refused' in result) throw new RejectedError('CONSUMER_VERSION', result.refused);
  return result.data;
}

/** C4: the letter of a delivery, with its original bytes. */
export function letterOf(work: Work, delivered: Delivered, why: { class: FaultClass; error: Error | string; attempts: number }): NewLetter {
  const { reading, message } = delivered;
  const envelope = reading.envelope;
  return {
    consumer: work.consumer,
    // Ids of messages that failed the header check are claims: they must not hide the letter of the real bearer.
    identity: envelope ? identityOf(envelope.id, why.class) : `${work.stream}:${delivered.streamSequence}:${message.subject}`,
    contract: reading.contract,
    system: reading.system,
    key: reading.sound ? reading.envelope.key : reading.key,
    messageId: envelope?.id,
    revision: envelope?.revision ?? null,
    sequence: envelope?.sequence ?? null,
    stream: work.stream,
    streamSequence: delivered.streamSequence,
    subject: message.subject,
    headers: headersToRecord(message.headers),
    body: message.data,
    class: why.class,
    error: why.error,
    attempts: why.attempts,
    traceparent: envelope?.traceparent ?? null,
  };
}

/** A conflict is a letter beside the message's ordinary one: the same id may have come with two contents. */
export const identityOf = (messageId: string, faultClass: FaultClass): string => (faultClass === 'conflict' ? `${messageId} conflict` : messageId);
