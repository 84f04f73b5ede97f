// What is wrong with a system right now. A fault lasts until its requests are used up, its time is over or it is
// cleared, whichever comes first; of several that match a request all apply, oldest first.
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Clock } from '@steward/platform';
import type { SystemName } from '../records/systems';

export const faultKinds = ['error', 'rate-limit', 'slow', 'hang', 'drop-after-commit', 'empty', 'truncated', 'malformed', 'stale'] as const;

export const faultBody = z.strictObject({
  kind: z.enum(faultKinds),
  status: z.int().min(400).max(599).optional(),
  retryAfterSeconds: z.number().min(0).max(86_400).optional(),
  delayMs: z.int().min(0).max(3_600_000).optional(),
  times: z.int().min(1).optional(),
  durationMs: z.int().min(1).optional(),
  match: z.strictObject({ path: z.string().min(1).optional(), id: z.string().optional() }).optional(),
});

export type FaultSpec = z.output<typeof faultBody>;

export interface Fault {
  readonly spec: FaultSpec;
  /** Ends when the fault is cleared or its time is over. */
  readonly ended: AbortSignal;
}

interface Active extends Fault {
  readonly end: AbortController;
  readonly until: number;
  left: number;
  hits: number;
}

export class Faults {
  private readonly active = new Map<SystemName, Active[]>();

  constructor(private readonly clock: Clock) {}

  add(system: SystemName, spec: FaultSpec): void {
    const end = new AbortController();
    const until = spec.durationMs === undefined ? Number.POSITIVE_INFINITY : this.clock.now() + spec.durationMs;
    if (spec.durationMs !== undefined) delay(spec.durationMs, undefined, { signal: end.signal, ref: false }).then(() => end.abort(), () => undefined);
    this.active.set(system, [...this.living(system), { spec, ended: end.signal, end, until, left: spec.times ?? Number.POSITIVE_INFINITY, hits: 0 }]);
  }

  clear(system: SystemName): number {
    const ended = this.living(system);
    for (const fault of ended) fault.end.abort();
    this.active.delete(system);
    return ended.length;
  }

  list(system: SystemName): readonly Record<string, unknown>[] {
    return this.living(system).map(({ spec, hits, left, until }) => ({
      ...spec,
      hits,
      timesLeft: Number.isFinite(left) ? left : null,
      endsAt: Number.isFinite(until) ? new Date(until).toISOString() : null,
    }));
  }

  /** The faults of one request, which counts against their `times`. A fault of an id asks whether it is concerned. */
  take(system: SystemName, path: string, concerns: (id: string) => boolean): readonly Fault[] {
    const all = this.active.get(system);
    if (all === undefined || all.length === 0) return [];
    const hit = this.living(system).filter(({ spec }) => pathMatches(spec.match?.path, path) && (spec.match?.id === undefined || concerns(spec.match.id)));
    for (const fault of hit) {
      fault.left -= 1;
      fault.hits += 1;
    }
    return hit;
  }

  private living(system: SystemName): Active[] {
    const now = this.clock.now();
    const living = (this.active.get(system) ?? []).filter((fault) => fault.left > 0 && fault.until > now);
    this.active.set(system, living);
    return living;
  }
}

/** A path as the vendor's API has it; `*` stands for anything, and what follows a path belongs to it. */
function pathMatches(wanted: string | undefined, path: string): boolean {
  if (wanted === undefined) return true;
  const parts = wanted.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}(?:$|[/?])`, 's').test(path) || path === wanted;
}
