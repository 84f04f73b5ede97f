import { perEvent, type CpuProbe } from './cpu';

/** What a line is asked to carry: as much as it can, or a steady rate. */
export type Load = { readonly kind: 'saturation' } | { readonly kind: 'rate'; readonly perSecond: number };

export interface Outcome {
  readonly eventsPerSecond: number;
  /** From the line taking the change over to its commit in the read model. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly applied: number;
  /** Further figures of this line only, by name. */
  readonly extra?: Readonly<Record<string, number>>;
}

/** `steward`: the headers, the kept outbox and the newest-per-key stream that Steward has. `bare`: without them. */
export type Likeness = 'steward' | 'bare';

/** The equality check at the end of a run: a line that lost or doubled something has no figure. */
export interface Check {
  readonly ok: boolean;
  readonly counts: Readonly<Record<string, number>>;
}

/** One of the lines that are measured in turn on the same servers; idle between its slices. */
export interface Line {
  readonly name: string;
  readonly slice: (load: Load, seconds: number) => Promise<Outcome>;
  readonly check: () => Promise<Check>;
  readonly close: () => Promise<void>;
}

export interface LineServers {
  /** A database of the line's own. */
  readonly postgresUrl: string;
  /** With a user that may make streams; none where the broker asks for none. */
  readonly nats: { readonly url: string; readonly user?: string; readonly pass?: string };
}

/** The client takes no credentials out of an address. */
export function addressOf({ nats: { url, ...credentials } }: LineServers): { servers: string; user?: string; pass?: string } {
  return { servers: url, ...credentials };
}

/** Nearest rank; not a number when nothing was measured. */
export function percentile(values: readonly number[], fraction: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? (sorted[Math.floor(middle)] ?? Number.NaN) : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

export const wallMs = (): number => performance.timeOrigin + performance.now();

/** Counts what is applied and, inside a slice's window, how long it took. */
export class Recorder {
  applied = 0;
  private latencies: number[] = [];
  private open = false;

  constructor(private readonly probe: CpuProbe) {}

  add(count: number, takenOverAt: readonly number[]): void {
    this.applied += count;
    if (!this.open) return;
    const now = wallMs();
    for (const at of takenOverAt) this.latencies.push(now - at);
  }

  /** Measures for a while and answers what happened in it. */
  async window(seconds: number): Promise<Outcome> {
    this.latencies = [];
    const before = this.applied;
    const used = this.probe();
    const from = performance.now();
    this.open = true;
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    this.open = false;
    const applied = this.applied - before;
    const eventsPerSecond = (applied * 1000) / (performance.now() - from);
    return { eventsPerSecond, p50Ms: percentile(this.latencies, 0.5), p99Ms: percentile(this.latencies, 0.99), applied, extra: perEvent(used(), applied) };
  }
}
