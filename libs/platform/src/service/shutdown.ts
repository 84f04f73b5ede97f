/**
 * The order in which a process lets go. Invariants:
 * 1. Not ready first, then drain (stop taking, finish or give back), then the HTTP server and transports, then close.
 * 2. Within a phase the last registered goes first: whoever was built on something ends before it.
 * 3. A step that throws or hangs costs its own time-out and never the steps after it.
 */
import type { Logger } from '../log/logger';

type Step = () => Promise<void> | void;

const stepWithinMs = 10_000;

export class Shutdown {
  readonly #draining: [string, Step][] = [];
  readonly #closing: [string, Step][] = [];
  readonly #requested = new AbortController();

  constructor(private readonly logger: Logger) {}

  /** Aborted as soon as the process is asked to end: hand it to loops and sleeps. */
  get signal(): AbortSignal {
    return this.#requested.signal;
  }

  /** Stop taking work and finish what is held; database and broker are still there. */
  onDrain(name: string, step: Step): void {
    this.#draining.push([name, step]);
  }

  /** Let go of connections; nobody uses them any more. */
  onClose(name: string, step: Step): void {
    this.#closing.push([name, step]);
  }

  async drain(): Promise<void> {
    this.#requested.abort();
    await this.#run(this.#draining);
  }

  async close(): Promise<void> {
    this.#requested.abort();
    await this.#run(this.#closing);
  }

  async #run(steps: [string, Step][]): Promise<void> {
    for (const [name, step] of steps.splice(0).reverse()) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`not done within ${stepWithinMs} ms`)), stepWithinMs);
      });
      try {
        await Promise.race([(async () => step())(), late]);
      } catch (error) {
        this.logger.error({ err: error, step: name }, 'a shutdown step failed');
      } finally {
        clearTimeout(timer);
      }
    }
  }
}
