// Thin over @opentelemetry/api: contexts travel as W3C text, because they rest in outbox rows, headers and dead letters.
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, context, isSpanContextValid, trace, type Attributes, type Context, type Link, type Span, type SpanContext } from '@opentelemetry/api';
import { cleanText } from '../log/redact';

export type { Span };

export interface SpanOptions {
  readonly kind?: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  /** Never a key or a person in a name; in attributes only what may be seen by everyone who may see traces. */
  readonly attributes?: Attributes;
  /** The traceparent this span continues; null begins a trace of its own; absent = whatever is active. */
  readonly parent?: string | null;
  /** Traceparents of what it also belongs to: the messages of a batch. */
  readonly links?: readonly (string | null)[];
  /** Milliseconds since 1970, when it began before now. */
  readonly startTime?: number;
}

const kinds = { internal: SpanKind.INTERNAL, server: SpanKind.SERVER, client: SpanKind.CLIENT, producer: SpanKind.PRODUCER, consumer: SpanKind.CONSUMER } as const;
const form = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const tracerOf = () => trace.getTracer('steward');

/** Does the work inside a span; an error is recorded on it and thrown on. */
export async function inSpan<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T> {
  const span = startSpan(name, options);
  try {
    return await context.with(trace.setSpan(parentContext(options.parent), span), () => work(span));
  } catch (error) {
    failSpan(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/** A span that its caller ends, for work that is not a single function, such as a message in a batch. */
export function startSpan(name: string, { kind = 'internal', attributes, parent, links = [], startTime }: SpanOptions = {}): Span {
  return tracerOf().startSpan(
    name,
    {
      kind: kinds[kind],
      links: links.map((each) => readTraceparent(each)).filter((each) => each !== undefined).map((spanContext): Link => ({ context: spanContext })),
      ...(attributes === undefined ? {} : { attributes }),
      ...(startTime === undefined ? {} : { startTime }),
    },
    parentContext(parent),
  );
}

/** Marks a span as failed, with the error's code or name as `error.type`; the message is cleaned of secrets. */
export function failSpan(span: Span, error: unknown): void {
  const message = cleanText(error instanceof Error ? error.message : String(error));
  span.setStatus({ code: SpanStatusCode.ERROR, message });
  span.setAttribute('error.type', typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : error instanceof Error ? error.name : typeof error);
}

/** The active span, or the given one, as a W3C traceparent; null without tracing, so that it goes straight into an outbox row. */
export function currentTraceparent(span: Span | undefined = trace.getActiveSpan()): string | null {
  const active = span?.spanContext();
  if (active === undefined || !isSpanContextValid(active)) return null;
  return `00-${active.traceId}-${active.spanId}-${(active.traceFlags & TraceFlags.SAMPLED).toString(16).padStart(2, '0')}`;
}

/** Reads a traceparent; undefined when it is absent or not one. */
export function readTraceparent(text: string | null | undefined): SpanContext | undefined {
  const [, traceId, spanId, flags] = form.exec(text ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  const read = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
  return isSpanContextValid(read) ? read : undefined;
}

function parentContext(parent: string | null | undefined): Context {
  if (parent === undefined) return context.active();
  const read = readTraceparent(parent);
  return read === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, read);
}
