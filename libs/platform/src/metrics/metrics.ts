// One registry per process, prom-client's own. Asking for a metric that exists gives it back, so that two instances of a part
// in one process (tests, several durables) share a series instead of failing at the second registration.
import { Counter, Gauge, Histogram, collectDefaultMetrics, register, type Metric } from 'prom-client';

export type { Counter, Gauge, Histogram };

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
  return existing(name, Histogram<L>) ?? new Histogram({ name, help, labelNames: [...labels], buckets: [...buckets] });
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

/** Memory, CPU, garbage collection and event loop of the process; once. */
export function collectProcessMetrics(): void {
  if (register.getSingleMetric('process_cpu_user_seconds_total') === undefined) collectDefaultMetrics();
}
