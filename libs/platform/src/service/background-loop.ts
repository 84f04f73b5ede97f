import type { Clock } from '../clock/clock';
import type { Logger } from '../log/logger';

export interface BackgroundLoopSpec {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Returns the pause until the next turn in milliseconds. */
  readonly turn: () => Promise<number>;
  /** After a turn that failed. */
  readonly pauseMs: number;
  /** What is logged of it. */
  readonly failed: string;
}

/** Runs its turns until it is stopped; a turn that fails is logged and tried again. */
export class BackgroundLoop {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(private readonly spec: BackgroundLoopSpec) {}

  /** Aborted when it is being stopped. */
  get signal(): AbortSignal {
    return this.stopping.signal;
  }

  start(): void {
    this.running = this.run();
  }

  /** Resolves when the turn under way is over. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { clock, logger, turn, pauseMs, failed } = this.spec;
    while (!this.signal.aborted) {
      let pause = pauseMs;
      try {
        pause = await turn();
      } catch (error) {
        logger.warn({ err: error }, failed);
      }
      if (pause > 0) await clock.sleep(pause, this.signal);
    }
  }
}
