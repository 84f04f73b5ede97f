import type { SystemName } from '../records/collections';

interface Route {
  calls: number;
  statuses: Record<string, number>;
}

interface Tally {
  since: string;
  total: number;
  routes: Record<string, Route>;
  firstAttempts: number;
  /** Ids of requests already counted; bounded, because a long run would remember them all. */
  seen: Set<string>;
}

const REMEMBERED = 100_000;

/** Counts what each vendor API was asked, refused and broken answers included: the figure behind amplification. */
export class Calls {
  private readonly tallies = new Map<SystemName, Tally>();

  /** A request with an `x-request-id` counts as a first attempt once, without one each time. */
  arrived(system: SystemName, route: string, requestId: string | undefined): void {
    const tally = this.of(system);
    tally.total += 1;
    this.route(tally, route).calls += 1;
    if (requestId !== undefined && tally.seen.has(requestId)) return;
    tally.firstAttempts += 1;
    if (requestId !== undefined && tally.seen.size < REMEMBERED) tally.seen.add(requestId);
  }

  /** `dropped` stands for a connection that ended without an answer. */
  answered(system: SystemName, route: string, status: number | 'dropped'): void {
    const { statuses } = this.route(this.of(system), route);
    statuses[status] = (statuses[status] ?? 0) + 1;
  }

  reset(system: SystemName): void {
    this.tallies.delete(system);
  }

  read(system: SystemName): Record<string, unknown> {
    const { seen: _seen, ...tally } = this.of(system);
    return { system, ...tally };
  }

  private of(system: SystemName): Tally {
    const known = this.tallies.get(system);
    if (known) return known;
    const fresh = { since: new Date().toISOString(), total: 0, routes: {}, firstAttempts: 0, seen: new Set<string>() };
    this.tallies.set(system, fresh);
    return fresh;
  }

  private route(tally: Tally, route: string): Route {
    return (tally.routes[route] ??= { calls: 0, statuses: {} });
  }
}
