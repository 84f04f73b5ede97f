/** All ways out of one process: what they share, and what the desk sees of them. */
import type { DependencyStatus } from '@steward/contracts';
import { type Clock, type Database, type Logger, watchEventLoop } from '@steward/platform';
import { fleetTokens } from './fleet-tokens';
import { probeLease } from './probe-lease';
import { defaultLimits, type HttpLimits, type ResilientHttp, resilientHttp } from './resilient-http.client';

export type OpenHttp = (dependency: string, limits?: Partial<HttpLimits>) => ResilientHttp;

export interface Outward {
  /** Whoever opens it closes it. A name is a system's: two ways to one would have two budgets. */
  readonly http: OpenHttp;
  readonly dependencies: () => readonly DependencyStatus[];
  readonly close: () => void;
}

interface OutwardOptions {
  readonly database: Pick<Database, 'query'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A system that was spared can be called again. */
  readonly onBack: () => void;
  /** Somebody should call it, to find out whether it can. */
  readonly onCooled: () => void;
}

/** For the lease's row, beside the time of the probe itself. */
const leaseMarginMs = 5_000;

export function openOutward({ database, clock, logger, onBack, onCooled }: OutwardOptions): Outward {
  const eventLoop = watchEventLoop();
  const opened = new Map<string, ResilientHttp>();
  return {
    http: (dependency, limits = {}) => {
      if (opened.has(dependency)) throw new TypeError(`two ways out are called ${dependency}`);
      const lease = probeLease({ database, dependency, holdMs: (limits.attemptMs ?? defaultLimits.attemptMs) + leaseMarginMs });
      const tokens = fleetTokens({ database, dependency, bucket: limits.retryBucket ?? defaultLimits.retryBucket });
      const http = resilientHttp({ dependency, clock, logger, limits, lease, tokens, lateMs: eventLoop.lateMs, onBack, onCooled });
      opened.set(dependency, http);
      return http;
    },
    dependencies: () => [...opened].map(([name, http]) => ({ name, ...http.state() })),
    close: () => eventLoop.stop(),
  };
}
