/**
 * Spans on their way to a collector that may be slow, deaf or gone.
 * 1. Whoever ends a span never waits: it is put into a queue or dropped, in the same turn of the event loop.
 * 2. At most `most` spans wait, and one batch is under way; what finds no room is dropped, the younger one.
 * 3. What is not delivered is counted: a trace with holes must be told from one that was never made.
 * The SDK counts drops for itself only where there is a meter provider, and our metrics are prom-client's.
 */
import { TraceFlags } from '@opentelemetry/api';
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace-node';
import { spanOutcomes } from '../metrics/metrics';

/** ExportResultCode.SUCCESS of @opentelemetry/core, which is no dependency of ours. */
const delivered = 0;

interface Bounds {
  readonly most: number;
  readonly batch: number;
  readonly everyMs: number;
  /** After that the next batch is sent, whatever becomes of this one. */
  readonly exportTimeoutMs: number;
}

export function boundedSpans(exporter: SpanExporter, { most, batch, everyMs, exportTimeoutMs }: Bounds): SpanProcessor {
  const spans = spanOutcomes();
  let waiting = 0;
  const counting: SpanExporter = {
    ...(exporter.forceFlush ? { forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve() } : {}),
    shutdown: () => exporter.shutdown(),
    export: (sent, done) => {
      waiting -= sent.length;
      exporter.export(sent, (result) => {
        spans.inc({ outcome: Number(result.code) === delivered ? 'sent' : 'not_delivered' }, sent.length);
        done(result);
      });
    },
  };
  const queue = new BatchSpanProcessor(counting, { maxQueueSize: most, maxExportBatchSize: Math.min(batch, most), scheduledDelayMillis: everyMs, exportTimeoutMillis: exportTimeoutMs });
  return {
    onStart: (span, parent) => queue.onStart(span, parent),
    onEnd: (span: ReadableSpan) => {
      if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
      if (waiting >= most) return spans.inc({ outcome: 'no_room' });
      waiting += 1;
      queue.onEnd(span);
    },
    forceFlush: () => queue.forceFlush(),
    shutdown: () => queue.shutdown(),
  };
}
