// Live work beside an import: a merchandiser's steady changes of products that the storefront already shows, webhooks included.
import { setTimeout as pause } from 'node:timers/promises';
import type { Arrivals } from '../pipeline/arrivals';
import { type Product, productOf } from '../pipeline/bench-product';
import type { SandboxLoad } from '../pipeline/sandbox-load.client';
import { metronome } from '../yardstick/changes';
import { percentile } from '../yardstick/line';

/** From the commit in the system of record to the notification of the commit in the read model. */
export interface Slice {
  readonly changes: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of that, the time from the adapter's read on (ce-time). */
  readonly fromAdapterMs: number;
}

export interface LiveChanges {
  /** Changes that are on their way. */
  readonly underWay: () => number;
  /** Of the changes that were committed between two moments; to be asked when none is under way. */
  readonly between: (from: number, to: number, seenAt: ReadonlyMap<string, number>) => Slice;
  readonly settled: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const ROUND = 2;
const WRITE_EVERY_MS = 20;
const ARRIVE_WITHIN_MS = 300_000;

/** Changes product 0, 1, 2 … once each at a steady rate, as soon as the read model shows it. */
export function startLiveChanges(load: SandboxLoad, arrivals: Arrivals, rate: number): LiveChanges {
  const committedAt = new Map<string, number>();
  const waiting = new Set<string>();
  const writing = new Set<Promise<void>>();
  let next = 0;
  let due = 0;
  let failed: unknown;
  const stopMetronome = metronome(rate, (count) => (due += count));
  const writer = setInterval(() => {
    const products: Product[] = [];
    for (; due > 0; due -= 1, next += 1) {
      const product = productOf(next, ROUND);
      if (arrivals.at(product.id) === undefined) break;
      arrivals.forget(product.id);
      waiting.add(product.id);
      products.push(product);
    }
    due = 0;
    if (products.length === 0) return;
    const one = load
      .write(products, true)
      .then((at) => products.forEach(({ id }) => committedAt.set(id, at)), (fault: unknown) => (failed = fault))
      .then(() => void writing.delete(one));
    writing.add(one);
  }, WRITE_EVERY_MS);

  const underWay = (): number => {
    for (const key of waiting) if (arrivals.at(key) !== undefined) waiting.delete(key);
    return waiting.size;
  };
  /** Those that are under way now, whatever is changed meanwhile. */
  async function settled(): Promise<void> {
    await Promise.all(writing);
    const now = [...waiting];
    const until = performance.now() + ARRIVE_WITHIN_MS;
    while (now.some((key) => arrivals.at(key) === undefined)) {
      if (failed !== undefined) throw failed;
      if (performance.now() > until) throw new Error(`live changes did not arrive within ${ARRIVE_WITHIN_MS} ms`);
      await pause(20);
    }
  }
  return {
    underWay,
    settled,
    between: (from, to, seenAt) => {
      const within = [...committedAt].filter(([, at]) => at >= from && at < to);
      const since = (start: (key: string, at: number) => number) => within.map(([key, at]) => (arrivals.at(key) ?? Number.POSITIVE_INFINITY) - start(key, at));
      const took = since((_key, at) => at);
      const fromAdapter = since((key) => seenAt.get(key) ?? Number.NaN);
      return { changes: within.length, p50Ms: percentile(took, 0.5), p99Ms: percentile(took, 0.99), fromAdapterMs: percentile(fromAdapter, 0.5) };
    },
    stop: async () => {
      stopMetronome();
      clearInterval(writer);
      await settled();
    },
  };
}
