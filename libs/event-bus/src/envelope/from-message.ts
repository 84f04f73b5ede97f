import { type Catalogue, parseSubject, shipped } from '@steward/contracts';
import { addressOf, type Envelope, type Origin, origins } from './envelope';
import { decodeHeaderValue, headerNames } from './headers';

/** B9: the headers do not belong to this subject. A security case, never a dead letter of the subject's owner. */
export interface HeaderFault {
  readonly fault: 'header';
  readonly reason: string;
}

/** Names with their values; the client's `MsgHdrs` is one. */
export type HeaderLines = Iterable<readonly [string, readonly string[]]>;

export interface RawMessage {
  readonly subject: string;
  readonly headers?: HeaderLines | undefined;
  readonly data: Uint8Array;
}

export const isHeaderFault = (result: Envelope | HeaderFault): result is HeaderFault => 'fault' in result;

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const whole = /^(0|[1-9]\d{0,15})$/;
const traceparentForm = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
const decoder = new TextDecoder();
const fault = (reason: string): HeaderFault => ({ fault: 'header', reason });

/**
 * Reads a delivered message. A server's answer can be made to land in a stream through a forged reply subject (B9), so nothing
 * is taken from the headers that the delivery subject and the contract don't confirm.
 */
export function fromMessage(message: RawMessage, catalogue: Catalogue = shipped): Envelope | HeaderFault {
  const address = addressOf(message.subject, catalogue);
  const parts = address && parseSubject(message.subject);
  if (!address || !parts) return fault(`no contract covers subject ${message.subject}`);
  if (!message.headers) return fault('no headers');

  const found = new Map<string, string>();
  for (const [name, values] of message.headers) {
    // Two values of one header would let the check read one and the application another.
    if (values.length > 1 || found.has(name.toLowerCase())) return fault(`header ${name} occurs more than once`);
    found.set(name.toLowerCase(), values[0] ?? '');
  }
  const read = (name: string): string | undefined => found.get(name);

  if (read(headerNames.specVersion) !== '1.0') return fault('ce-specversion is not 1.0');
  if (read(headerNames.type) !== address.type) return fault(`ce-type is ${read(headerNames.type) ?? 'missing'}, the subject says ${address.type}`);
  if (read(headerNames.source) !== address.source) return fault(`ce-source is ${read(headerNames.source) ?? 'missing'}, the subject says ${address.source}`);
  if (read(headerNames.dataSchema) !== address.dataSchema) return fault(`ce-dataschema is not ${address.dataSchema}`);
  const rawKey = read(headerNames.subject);
  if (rawKey === undefined || decodeHeaderValue(rawKey) !== parts.key) return fault('ce-subject does not match the subject');
  const id = read(headerNames.id);
  if (!id || !uuid.test(id)) return fault('ce-id is not a UUID');
  const messageId = read(headerNames.messageId.toLowerCase());
  if (messageId !== id && !messageId?.startsWith(`${id}:`)) return fault('Nats-Msg-Id does not belong to ce-id');
  const time = read(headerNames.time);
  if (!time || Number.isNaN(Date.parse(time))) return fault('ce-time is not a time');
  const origin = read(headerNames.origin) as Origin | undefined;
  if (!origin || !origins.includes(origin)) return fault(`ce-origin is none of ${origins.join(', ')}`);

  const isState = address.contract.kind === 'state';
  const revision = toWhole(read(headerNames.revision));
  const sequence = toWhole(read(headerNames.sequence));
  if (isState ? revision === null || sequence !== null : sequence === null || revision !== null) {
    return fault(`a ${address.contract.kind} carries exactly a ${isState ? 'ce-revision' : 'ce-sequence'}`);
  }
  const tombstone = read(headerNames.tombstone) === 'true';
  if (tombstone && (!isState || message.data.length > 0)) return fault('a tombstone is a state without a body');
  const traceparent = read(headerNames.traceparent);
  return {
    id,
    type: address.type,
    source: address.source,
    subject: message.subject,
    key: parts.key,
    time,
    dataSchema: address.dataSchema,
    revision,
    sequence,
    correlationId: decoded(read(headerNames.correlationId)),
    causationId: decoded(read(headerNames.causationId)),
    origin,
    tombstone,
    // A malformed trace context costs the trace, not the message.
    traceparent: traceparent && traceparentForm.test(traceparent) ? traceparent : null,
    body: decoder.decode(message.data),
  };
}

const toWhole = (text: string | undefined): number | null => (text !== undefined && whole.test(text) ? Number(text) : null);
const decoded = (text: string | undefined): string | null => (text === undefined ? null : (decodeHeaderValue(text) ?? null));
