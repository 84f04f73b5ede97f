import type { Clock, Logger } from '@steward/platform';
import { Bell } from './bell';

interface LoopSpec {
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly bell: Bell;
  /** Ends the pause after a failed turn: what it failed for may be over. */
  readonly again?: Bell;
  /** Returns how long to wait before the next turn. */
  readonly turn: () => Promise<number>;
}

const firstBackoffMs = 250;
const maxBackoffMs = 15_000;

/** Turns until the signal ends it. A failed turn is followed by a growing pause with full jitter, which the ordinary bell does not cut short. */
export async function loop({ name, clock, logger, signal, bell, again = new Bell(), turn }: LoopSpec): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      const waitMs = await turn();
      if (failures > 0) logger.info({ loop: name, failures }, 'goes on');
      failures = 0;
      await bell.wait(waitMs, clock, signal);
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      // An outage of hours is a handful of lines, not thousands.
      if (failures <= 2 || failures % 20 === 0) logger.warn({ err: error, loop: name, failures }, 'failed, tries again');
      await again.wait(50 + Math.random() * Math.min(maxBackoffMs, firstBackoffMs * 2 ** Math.min(failures, 10)), clock, signal);
    }
  }
}
