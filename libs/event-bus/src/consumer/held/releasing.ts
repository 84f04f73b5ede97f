import type { AfterCommit } from '../batch/apply';
import { releaseHeld } from './release-held';
import type { Work } from '../work';

/** Releases what waited for a batch, after its commit and beside the loop: no batch waits for it. */
export class Releasing {
  readonly #running = new Set<Promise<void>>();

  constructor(
    private readonly work: Work,
    private readonly stop: AbortSignal,
  ) {}

  begin(releases: AfterCommit['releases']): void {
    if (releases.length === 0) return;
    const running = this.#release(releases)
      // A release that fails is found again by the sweep.
      .catch((error: unknown) => this.work.logger.warn({ err: error, consumer: this.work.consumer }, 'held events stay held for now'))
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #release(releases: AfterCommit['releases']): Promise<void> {
    for (const { handler, places } of releases) {
      for (const place of places) if (!this.stop.aborted) await releaseHeld(this.work, handler, place);
    }
  }

  /** Resolves when those that run now have ended. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#running);
  }
}
