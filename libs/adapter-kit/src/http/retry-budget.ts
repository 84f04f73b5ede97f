/**
 * R1: how much may be tried again. A success earns a tenth of a retry, a retry costs one, and little can be saved up: with the
 * dependency fully down there are at most `bucket` retries, however many layers, loops and replicas call. (Three layers of three tries
 * measured 27 calls for one; this 1.005.)
 * 1. The tokens are the fleet's (ADR 0019). What a replica earns it notes, and pays in with its next retry: successes ask nobody.
 * 2. Refused, it asks again when it has earned something or after a second, so that a system that fails often costs no query for each failure.
 */
import type { Clock } from '@steward/platform';

export interface FleetTokens {
  /** Pays in and takes one out: what is left then, at most the bucket; undefined when there is none to take, and nothing was paid in. */
  readonly take: (earned: number) => Promise<number | undefined>;
}

interface RetryBudgetOptions {
  readonly clock: Pick<Clock, 'now'>;
  readonly bucket: number;
  /** Shared by all replicas; without it this process has a bucket of its own. */
  readonly tokens?: FleetTokens | undefined;
}

const perSuccess = 0.1;
const askAgainAfterMs = 1_000;
/** Ten tenths are a little less than one. */
export const almostOne = 1 - 1e-9;

export class RetryBudget {
  private readonly tokens: FleetTokens;
  private earned = 0;
  private known: number;
  private refusedUntil = 0;

  constructor(private readonly options: RetryBudgetOptions) {
    this.known = options.bucket;
    this.tokens = options.tokens ?? aloneTokens(options.bucket);
  }

  /** As far as this process knows. */
  get left(): number {
    return Math.min(this.options.bucket, this.known + this.earned);
  }

  succeeded(): void {
    this.earned = Math.min(this.options.bucket, this.earned + perSuccess);
    if (this.earned >= almostOne) this.refusedUntil = 0;
  }

  /** True when the retry is paid for. Without the fleet's tokens nothing is: an adapter that can't commit has no use for an answer. */
  async spend(): Promise<boolean> {
    const { clock } = this.options;
    if (clock.now() < this.refusedUntil) return false;
    const paid = this.earned;
    const left = await this.tokens.take(paid).catch(() => undefined);
    if (left === undefined) {
      this.known = 0;
      this.refusedUntil = clock.now() + askAgainAfterMs;
      return false;
    }
    this.known = left;
    this.earned = Math.max(0, this.earned - paid);
    return true;
  }
}

/** For a process that shares its system with no other: conformance runs, specs. */
function aloneTokens(bucket: number): FleetTokens {
  let tokens = bucket;
  return {
    take: async (earned) => {
      const all = Math.min(bucket, tokens + earned);
      if (all < almostOne) return undefined;
      return (tokens = Math.max(0, all - 1));
    },
  };
}
