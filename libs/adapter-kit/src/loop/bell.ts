import type { Clock } from '@steward/platform';

/** Without a reason of its own each abort makes an error with a stack; webhooks ring hundreds of times a second. */
const rung = 'rung';

/** Ends a wait early. A ring while nobody waits is kept for the next wait, so that nothing is missed in between. */
export class Bell {
  private rung = false;
  private waiting: AbortController | undefined;

  ring(): void {
    this.rung = true;
    this.waiting?.abort(rung);
  }

  async wait(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
    if (!this.rung && !signal.aborted && ms > 0) {
      const waiting = new AbortController();
      this.waiting = waiting;
      await clock.sleep(ms, AbortSignal.any([waiting.signal, signal]));
      this.waiting = undefined;
    }
    this.rung = false;
  }
}
