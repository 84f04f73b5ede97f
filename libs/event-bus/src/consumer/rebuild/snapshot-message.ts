import { type Contract, type SnapshotItem, subjectOf, typeOf } from '@steward/contracts';
import { dataSchemaOf, type Envelope, type RawMessage, sourceOf, toHeaders } from '../../envelope';

/**
 * The message that announced this item, as the stream would hold it, in the major in which it was said: it goes the way of all messages. The body is the text that was
 * announced, so its hash is that of the live message: text that JSON.stringify has made comes out of parse and stringify unchanged.
 */
export function messageOfItem(declared: Contract, system: string, item: SnapshotItem, traceparent: string | null): RawMessage {
  // Owners that don't say it are of a time in which there was one major of everything. A tombstone says nothing in any.
  const contract = { ...declared, major: item.tombstone ? declared.major : (item.major ?? 1) };
  const envelope: Envelope = {
    id: item.messageId,
    type: typeOf(contract, system),
    source: sourceOf(system),
    subject: subjectOf(contract, system, item.key),
    key: item.key,
    time: item.changedAt,
    dataSchema: dataSchemaOf(contract),
    revision: item.revision,
    sequence: null,
    correlationId: null,
    causationId: null,
    origin: 'republish',
    tombstone: item.tombstone,
    traceparent,
    body: item.tombstone ? '' : JSON.stringify(item.data),
  };
  return { subject: envelope.subject, headers: toHeaders(envelope), data: Buffer.from(envelope.body, 'utf8') };
}
