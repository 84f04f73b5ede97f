/** Work that one process at a time does every so often: what has expired, what is overdue. */
import type { Lease } from '@steward/event-bus';
import type { Clock, Logger } from '@steward/platform';
import type { PoolClient } from 'pg';
import { Bell } from './bell';
import { loop } from './loop';

export interface LeasedLoop<Context> {
  readonly name: string;
  readonly everyMs: number;
  /** Ends soon after the signal, which also says that the lease is lost. What throws is tried again, later each time. */
  readonly run: (context: Context & LeaseCheck, signal: AbortSignal) => Promise<void>;
}

export interface LeaseCheck {
  /** In each transaction that must not meet a successor's: it fails when the lease is gone, and holds it until its end. */
  readonly assertLease: (tx: PoolClient) => Promise<void>;
}

interface LeasedLoopsOptions<Context> {
  readonly loops: readonly LeasedLoop<Context>[];
  readonly context: Context;
  readonly lease: Pick<Lease, 'assert' | 'fence' | 'onAcquired' | 'onLost'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

const leaseLookMs = 1_000;

/** Returns what ends them and waits for a run under way. */
export function startLeasedLoops<Context>({ loops, context, lease, clock, logger }: LeasedLoopsOptions<Context>): () => Promise<void> {
  const stopping = new AbortController();
  const given = { ...context, assertLease: (tx: PoolClient) => lease.assert(tx) };
  const running = loops.map(async ({ name, everyMs, run }) => {
    const bell = new Bell();
    const unsubscribe = lease.onAcquired(() => bell.ring());
    const turn = async (): Promise<number> => {
      if (lease.fence() === undefined) return leaseLookMs;
      const held = new AbortController();
      const release = lease.onLost(() => held.abort());
      try {
        await run(given, AbortSignal.any([held.signal, stopping.signal]));
      } finally {
        release();
      }
      return everyMs;
    };
    await loop({ name, clock, logger, signal: stopping.signal, bell, turn }).finally(unsubscribe);
  });
  return async () => {
    stopping.abort();
    await Promise.all(running);
  };
}
