import { headers, type MsgHdrs } from '@nats-io/transport-node';
import type { Envelope } from './envelope';

/** Every header of ours on the wire; CloudEvents 1.0 binary mode plus the W3C trace context. */
export const headerNames = {
  messageId: 'Nats-Msg-Id',
  specVersion: 'ce-specversion',
  id: 'ce-id',
  type: 'ce-type',
  source: 'ce-source',
  subject: 'ce-subject',
  time: 'ce-time',
  dataSchema: 'ce-dataschema',
  revision: 'ce-revision',
  sequence: 'ce-sequence',
  correlationId: 'ce-correlationid',
  causationId: 'ce-causationid',
  origin: 'ce-origin',
  tombstone: 'ce-tombstone',
  traceparent: 'traceparent',
} as const;

const plain = /^[\x21\x23\x24\x26-\x7e]*$/;

/** CloudEvents' header encoding: percent-encode space, quote, percent, controls and everything outside ASCII. A key with a line break stays one header. */
export function encodeHeaderValue(value: string): string {
  if (plain.test(value)) return value;
  let text = '';
  for (const byte of Buffer.from(value, 'utf8')) {
    const ordinary = byte > 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x25;
    text += ordinary ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return text;
}

/** Inverse of encodeHeaderValue; undefined when the text is no valid encoding. */
export function decodeHeaderValue(text: string): string | undefined {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/**
 * Header lines in the order they are sent. `epoch` is appended to the broker's duplicate id after a change of the
 * stream's epoch, so that a duplicate window that outlived its messages can't swallow their re-publication (B10).
 */
function linesOf(envelope: Envelope, epoch?: string): [string, string][] {
  const lines: [string, string][] = [
    [headerNames.messageId, epoch ? `${envelope.id}:${epoch}` : envelope.id],
    [headerNames.specVersion, '1.0'],
    [headerNames.id, envelope.id],
    [headerNames.type, envelope.type],
    [headerNames.source, envelope.source],
    [headerNames.subject, encodeHeaderValue(envelope.key)],
    [headerNames.time, envelope.time],
    [headerNames.dataSchema, envelope.dataSchema],
    [headerNames.origin, envelope.origin],
  ];
  if (envelope.revision !== null) lines.push([headerNames.revision, String(envelope.revision)]);
  if (envelope.sequence !== null) lines.push([headerNames.sequence, String(envelope.sequence)]);
  if (envelope.correlationId !== null) lines.push([headerNames.correlationId, encodeHeaderValue(envelope.correlationId)]);
  if (envelope.causationId !== null) lines.push([headerNames.causationId, encodeHeaderValue(envelope.causationId)]);
  if (envelope.tombstone) lines.push([headerNames.tombstone, 'true']);
  if (envelope.traceparent !== null) lines.push([headerNames.traceparent, envelope.traceparent]);
  return lines;
}

export function toHeaders(envelope: Envelope, epoch?: string): MsgHdrs {
  const result = headers();
  for (const [name, value] of linesOf(envelope, epoch)) result.set(name, value);
  return result;
}

/** The same headers as bytes for the raw publisher: the client's map validates each name on every message, 10 µs that the hot path need not spend. */
export function encodeHeaders(envelope: Envelope, epoch?: string): Buffer {
  let text = 'NATS/1.0\r\n';
  for (const [name, value] of linesOf(envelope, epoch)) text += `${name}: ${value}\r\n`;
  return Buffer.from(`${text}\r\n`, 'utf8');
}
