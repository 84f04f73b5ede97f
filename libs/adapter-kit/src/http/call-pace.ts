import type { Clock } from '@steward/platform';

/**
 * When the next call may go out: our own limit per second, spread evenly (a burst is what vendors answer with 429), and what
 * the vendor said by Retry-After, which holds for every call, not only for the one that was told.
 */
export class CallPace {
  private nextAt = 0;
  private pausedUntil = 0;

  constructor(
    private readonly perSecond: number,
    private readonly clock: Clock,
  ) {}

  pause(forMs: number): void {
    this.pausedUntil = Math.max(this.pausedUntil, this.clock.now() + forMs);
  }

  /** Milliseconds to wait, or undefined when the turn would come after the deadline; the turn is then not taken. */
  take(deadline: number): number | undefined {
    const now = this.clock.now();
    const turn = Math.max(now, this.nextAt, this.pausedUntil);
    if (turn >= deadline) return undefined;
    this.nextAt = turn + 1_000 / this.perSecond;
    return turn - now;
  }
}

/** Seconds or an HTTP date; undefined when there is none that can be read. */
export function retryAfterMs(header: string | string[] | undefined, nowMs: number): number | undefined {
  const text = Array.isArray(header) ? header[0] : header;
  if (text === undefined || text.trim() === '') return undefined;
  const seconds = Number(text);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1_000);
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
