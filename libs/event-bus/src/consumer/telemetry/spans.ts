/**
 * Spans by OpenTelemetry's messaging conventions, for sampled messages only: a batch of 500 with no sampled one costs 500 string looks.
 * `receive` lasts from delivery to the start of the batch, `process` until the commit, `settle` is the acknowledgement.
 * All three are children of the span that sent the message; names carry the destination's template, never a key.
 */
import { context, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api';
import type { Delivered, Outcome, Work } from '../work';

type Settled = (delivered: Delivered, outcome: Outcome) => void;

const tracer = trace.getTracer('steward.event-bus');

export async function inSpans<T>(work: Work, batch: readonly Delivered[], run: (settled: Settled) => Promise<T>): Promise<T> {
  const spans = new Map<Delivered, { span: Span; template: string; parent: typeof ROOT_CONTEXT }>();
  for (const delivered of batch) {
    const parent = sampledParent(delivered.reading.envelope?.traceparent ?? null);
    if (!parent) continue;
    const template = `${delivered.message.subject.slice(0, delivered.message.subject.lastIndexOf('.'))}.{key}`;
    const attributes = attributesOf(work, delivered, template, batch.length);
    const startTime = Date.now() - (performance.now() - delivered.receivedAtMs);
    tracer.startSpan(`receive ${template}`, { kind: SpanKind.CLIENT, startTime, attributes: { ...attributes, 'messaging.operation.type': 'receive', 'messaging.operation.name': 'receive' } }, parent).end();
    const span = tracer.startSpan(`process ${template}`, { kind: SpanKind.CONSUMER, attributes: { ...attributes, 'messaging.operation.type': 'process', 'messaging.operation.name': 'process' } }, parent);
    spans.set(delivered, { span, template, parent });
  }
  const first = spans.values().next().value;
  if (!first) return run(() => undefined);
  const settled: Settled = (delivered, outcome) => {
    const entry = spans.get(delivered);
    if (!entry) return;
    spans.delete(delivered);
    entry.span.end();
    const attributes = attributesOf(work, delivered, entry.template, 1);
    const operation = outcome.kind === 'done' ? 'ack' : 'nak';
    tracer.startSpan(`settle ${entry.template}`, { kind: SpanKind.CLIENT, attributes: { ...attributes, 'messaging.operation.type': 'settle', 'messaging.operation.name': operation } }, entry.parent).end();
  };
  try {
    // The statements of a batch belong to all its messages; their spans go to the first sampled one's trace.
    return await context.with(trace.setSpan(first.parent, first.span), () => run(settled));
  } finally {
    for (const { span } of spans.values()) span.setStatus({ code: SpanStatusCode.ERROR, message: 'not settled' }).end();
  }
}

function attributesOf(work: Work, delivered: Delivered, template: string, batchSize: number): Record<string, string | number> {
  return {
    'messaging.system': 'nats',
    'messaging.destination.name': work.stream,
    'messaging.destination.template': template,
    'messaging.consumer.group.name': work.consumer,
    'messaging.message.id': delivered.reading.envelope?.id ?? '',
    'messaging.message.body.size': delivered.message.data.length,
    ...(batchSize > 1 ? { 'messaging.batch.message_count': batchSize } : {}),
  };
}

function sampledParent(traceparent: string | null): typeof ROOT_CONTEXT | undefined {
  // 00-<32 trace>-<16 span>-<2 flags>; the form was checked with the headers.
  if (traceparent === null || (Number.parseInt(traceparent.slice(53), 16) & TraceFlags.SAMPLED) === 0) return undefined;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId: traceparent.slice(3, 35), spanId: traceparent.slice(36, 52), traceFlags: TraceFlags.SAMPLED, isRemote: true });
}
