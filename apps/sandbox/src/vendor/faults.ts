// What is wrong with a system right now. A fault lasts until its requests are used up, its time is over or it is
// cleared, whichever comes first; of several that match a request all apply, oldest first.
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Clock } from '@steward/platform';
import type { SystemName } from '../records/collections';

const requestKinds = ['error', 'rate-limit', 'refuse', 'slow', 'hang', 'late-commit', 'drop-before-commit', 'drop-after-commit', 'empty', 'truncated', 'malformed', 'stale'] as const;
const webhookKinds = ['webhook-lose', 'webhook-twice', 'webhook-late'] as const;
const faultKinds = [...requestKinds, ...webhookKinds] as const;

export const faultBody = z.strictObject({
  kind: z.enum(faultKinds),
  status: z.int().min(400).max(599).optional(),
  code: z.string().min(1).optional(),
  message: z.string().min(1).optional(),
  retryAfterSeconds: z.number().min(0).max(86_400).optional(),
  delayMs: z.int().min(0).max(3_600_000).optional(),
  times: z.int().min(1).optional(),
  durationMs: z.int().min(1).optional(),
  match: z.strictObject({ path: z.string().min(1).optional(), method: z.string().min(1).optional(), id: z.string().optional() }).optional(),
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
  /** Used up, but a request may still wait for their end. */
  private readonly spent = new Map<SystemName, AbortController[]>();

  constructor(private readonly clock: Clock) {}

  add(system: SystemName, spec: FaultSpec): void {
    const end = new AbortController();
    const until = spec.durationMs === undefined ? Number.POSITIVE_INFINITY : this.clock.now() + spec.durationMs;
    if (spec.durationMs !== undefined) delay(spec.durationMs, undefined, { signal: end.signal, ref: false }).then(() => end.abort(), () => undefined);
    this.active.set(system, [...this.living(system), { spec, ended: end.signal, end, until, left: spec.times ?? Number.POSITIVE_INFINITY, hits: 0 }]);
  }

  clear(system: SystemName): number {
    const ended = this.living(system);
    for (const end of [...ended.map((fault) => fault.end), ...(this.spent.get(system) ?? [])]) end.abort();
    this.active.delete(system);
    this.spent.delete(system);
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
  ofRequest(system: SystemName, method: string, path: string, concerns: (id: string) => boolean): readonly Fault[] {
    return this.take(system, ({ kind, match }) => !isWebhookKind(kind) && (match?.method ?? method).toUpperCase() === method && pathMatches(match?.path, path) && (match?.id === undefined || concerns(match.id)));
  }

  /** The faults of one webhook event; its path is that of the collection, or the type of the event. */
  ofWebhook(system: SystemName, path: string, concerns: (id: string) => boolean): readonly Fault[] {
    return this.take(system, ({ kind, match }) => isWebhookKind(kind) && pathMatches(match?.path, path) && (match?.id === undefined || concerns(match.id)));
  }

  private take(system: SystemName, hits: (spec: FaultSpec) => boolean): readonly Fault[] {
    const all = this.active.get(system);
    if (all === undefined || all.length === 0) return [];
    const hit = this.living(system).filter(({ spec }) => hits(spec));
    for (const fault of hit) {
      fault.left -= 1;
      fault.hits += 1;
    }
    return hit;
  }

  private living(system: SystemName): Active[] {
    const now = this.clock.now();
    const known = this.active.get(system) ?? [];
    const living = known.filter((fault) => fault.left > 0 && fault.until > now);
    const spent = known.filter((fault) => fault.left <= 0 && fault.until > now).map(({ end }) => end);
    if (spent.length > 0) this.spent.set(system, [...(this.spent.get(system) ?? []), ...spent]);
    this.active.set(system, living);
    return living;
  }
}

function isWebhookKind(kind: FaultSpec['kind']): boolean {
  return webhookKinds.some((one) => one === kind);
}

/** A path as the vendor's API has it; `*` stands for anything, and what follows a path belongs to it. */
function pathMatches(wanted: string | undefined, path: string): boolean {
  if (wanted === undefined) return true;
  const parts = wanted.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}(?:$|[/?])`, 's').test(path) || path === wanted;
}
