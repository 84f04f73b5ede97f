import type { Clock } from '@steward/platform';

/** Whether a durable may be pulled from now, and for how long it could not. */
export class Pausing {
  #since: number | undefined;
  #endedMs = 0;
  #wake: () => void = () => undefined;

  constructor(
    private readonly clock: Pick<Clock, 'now'>,
    private readonly pausedSince: () => Date | undefined,
  ) {}

  get paused(): boolean {
    return this.#since !== undefined;
  }

  /** In all: waits for a message do not run while none is pulled. */
  get totalMs(): number {
    return this.#endedMs + (this.#since === undefined ? 0 : Math.max(0, this.clock.now() - this.#since));
  }

  /** Looks again; true when a pause has just begun. */
  begins(): boolean {
    const since = this.pausedSince()?.getTime();
    const began = since !== undefined && this.#since === undefined;
    if (since === undefined) {
      this.#endedMs = this.totalMs;
      this.#wake();
    }
    this.#since = since;
    return began;
  }

  /** Resolves when it is over. */
  async over(signal: AbortSignal): Promise<void> {
    if (signal.aborted || !this.paused) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}
