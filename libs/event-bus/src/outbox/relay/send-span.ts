import { currentTraceparent, failSpan, startSpan } from '@steward/platform';
import type { Envelope } from '../../envelope';

const sampled = /-[0-9a-f][13579bdf]$/;

export interface SendSpan {
  /** What the consumer's span becomes a child of. */
  readonly traceparent: string;
  end(error?: Error): void;
}

/**
 * A `send` span for a row whose change was traced; undefined for all others, which then cost nothing. The context was written
 * into the row at commit, so the span is a child of what made the change, hours later if it must be.
 */
export function startSendSpan(envelope: Envelope, stream: string): SendSpan | undefined {
  if (!envelope.traceparent || !sampled.test(envelope.traceparent)) return undefined;
  // The key is no part of a name or template: one span name per contract, not one per product.
  const template = `${envelope.subject.slice(0, envelope.subject.lastIndexOf('.'))}.{key}`;
  const span = startSpan(`send ${template}`, {
    kind: 'producer',
    parent: envelope.traceparent,
    attributes: {
      'messaging.system': 'nats',
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
      'messaging.destination.name': stream,
      'messaging.destination.template': template,
      'messaging.message.id': envelope.id,
      'messaging.message.body.size': Buffer.byteLength(envelope.body),
    },
  });
  return {
    traceparent: currentTraceparent(span) ?? envelope.traceparent,
    end: (error) => {
      if (error) failSpan(span, error);
      span.end();
    },
  };
}
