// One registry per process, prom-client's own. Asking for a metric that exists gives it back, so that two instances of a part
// in one process (tests, several durables) share a series instead of failing at the second registration.
// The text is always OpenMetrics: exemplars exist in no other form, and prom-client can't speak both in one process (it takes `_total` off the
// name of a counter that it has once written in this form). Every Prometheus since 2.5 reads it.
import { TraceFlags } from '@opentelemetry/api';
import { Counter, Gauge, Histogram as PromHistogram, collectDefaultMetrics, register, Registry, type Metric } from 'prom-client';
import { readTraceparent } from '../telemetry/span';

// Its types know the form that it was made with only.
(register as unknown as Registry<typeof Registry.OPENMETRICS_CONTENT_TYPE>).setContentType(Registry.OPENMETRICS_CONTENT_TYPE);

export type { Counter, Gauge };

/** Values are counted by `labels(…).observe` or `observeTraced`: prom-client's own `observe` has another form where there are exemplars. */
export type Histogram<L extends string = string> = Omit<PromHistogram<L>, 'observe' | 'startTimer'>;

// From 1 ms to a minute: propagation is judged at 10 s, a database round trip at 5 ms.
const defaultBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

function existing<M extends Metric>(name: string, kind: new (...args: never[]) => M): M | undefined {
  const found = register.getSingleMetric(name);
  if (found === undefined) return undefined;
  if (!(found instanceof kind)) throw new TypeError(`metric ${name} exists as another kind than ${kind.name}`);
  return found;
}

export function counter<L extends string = string>(name: string, help: string, labels: readonly L[] = []): Counter<L> {
  return existing(name, Counter<L>) ?? new Counter({ name, help, labelNames: [...labels] });
}

export function gauge<L extends string = string>(name: string, help: string, labels: readonly L[] = []): Gauge<L> {
  return existing(name, Gauge<L>) ?? new Gauge({ name, help, labelNames: [...labels] });
}

/** Buckets are upper bounds in the metric's unit (seconds by convention). */
export function histogram<L extends string = string>(name: string, help: string, labels: readonly L[] = [], buckets: readonly number[] = defaultBuckets): Histogram<L> {
  return existing(name, PromHistogram<L>) ?? new PromHistogram({ name, help, labelNames: [...labels], buckets: [...buckets], enableExemplars: true });
}

/**
 * Observes a value with the current trace as its exemplar. Only if the trace is sampled, since a link to a trace that was not kept leads
 * nowhere; otherwise it returns false and has observed nothing: `labels(…).observe` is faster.
 */
export function observeTraced<L extends string>(of: Histogram<L>, labels: Record<L, string>, value: number, traceparent: string | null | undefined): boolean {
  const span = readTraceparent(traceparent);
  if (span === undefined || (span.traceFlags & TraceFlags.SAMPLED) === 0) return false;
  // Its types take the labels of an exemplar for those of the metric.
  const exemplarLabels = { trace_id: span.traceId, span_id: span.spanId } as Partial<Record<string, string>>;
  (of as PromHistogram<L>).observe({ labels, value, exemplarLabels });
  return true;
}

const refreshers = new Set<() => void | Promise<void>>();

/** Called before each scrape, for gauges that are cheaper to read than to follow. Returns the unsubscriber. */
export function beforeScrape(refresh: () => void | Promise<void>): () => void {
  refreshers.add(refresh);
  return () => refreshers.delete(refresh);
}

/** The text of /metrics. A refresher that fails costs its own series only. */
export async function scrape(): Promise<{ contentType: string; text: string }> {
  await Promise.allSettled([...refreshers].map(async (refresh) => refresh()));
  return { contentType: register.contentType, text: await register.metrics() };
}

/** There also where nothing is traced, so that an alert has a series; a rate needs the zero before the first loss. */
export function spanOutcomes(): Counter<'outcome'> {
  const spans = counter('steward_spans_total', 'Spans of this process by what became of them: sent, not_delivered (the collector), no_room (the queue)', ['outcome'] as const);
  for (const outcome of ['sent', 'not_delivered', 'no_room']) spans.inc({ outcome }, 0);
  return spans;
}

/** Memory, CPU, garbage collection and event loop of the process, and its spans; once. */
export function collectProcessMetrics(): void {
  spanOutcomes();
  if (register.getSingleMetric('process_cpu_user_seconds_total') === undefined) collectDefaultMetrics();
}
