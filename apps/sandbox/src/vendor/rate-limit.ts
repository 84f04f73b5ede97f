import type { Clock } from '@steward/platform';

export interface Grant {
  readonly granted: boolean;
  readonly remaining: number;
  /** Whole seconds, as vendors tell it. */
  readonly retryAfterSeconds: number;
}

/** A token bucket per system of record: `perSecond` calls flow in, twice that may be saved up. 0 = no limit. */
export function createRateLimit(perSecond: number, clock: Clock): (name: string) => Grant {
  const burst = perSecond * 2;
  const buckets = new Map<string, { tokens: number; at: number }>();
  return (name) => {
    if (perSecond === 0) return { granted: true, remaining: Number.MAX_SAFE_INTEGER, retryAfterSeconds: 0 };
    const now = clock.now();
    const bucket = buckets.get(name) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.at) / 1000) * perSecond);
    const granted = tokens >= 1;
    buckets.set(name, { tokens: granted ? tokens - 1 : tokens, at: now });
    return { granted, remaining: Math.floor(granted ? tokens - 1 : tokens), retryAfterSeconds: granted ? 0 : Math.ceil((1 - tokens) / perSecond) };
  };
}
