/**
 * Writes acknowledgements back, apart from sending: while one batch is marked, the next collects.
 * 1. One statement in flight; what arrives meanwhile makes the next batch, so batches grow with the load. Nobody waits for a mark, so
 *    what is no full batch gathers for `gapMs`: else most of them carry one row.
 * 2. A failed statement is tried again until it succeeds or the marker is closed; unmarked rows are published again, never lost.
 */
import { type Clock, type Database, type Logger, systemClock } from '@steward/platform';
import { type Acknowledged, type MarkBatch, markBatchSize, markPublished } from './mark-published';

export interface MarkerOptions {
  database: Pick<Database, 'query'>;
  clock: Clock;
  logger: Logger;
  onMarked: (batch: MarkBatch) => void;
}

const gapMs = 50;

export class Marker {
  private readonly groups = new Map<string, { lane: number; stream: string; epoch: string; rows: Acknowledged[] }>();
  private pumping: Promise<void> | undefined;
  private readonly closing = new AbortController();
  private markedAt = -Infinity;

  constructor(private readonly options: MarkerOptions) {}

  add(lane: number, stream: string, epoch: string, row: Acknowledged): void {
    const name = `${lane} ${stream} ${epoch}`;
    const group = this.groups.get(name);
    if (group) group.rows.push(row);
    else this.groups.set(name, { lane, stream, epoch, rows: [row] });
    this.start();
  }

  /** Resolves when everything added so far is marked, or when a closed marker has given up. */
  async flush(): Promise<void> {
    while (this.pumping) await this.pumping;
  }

  /** Tries once more what is left, at once, then stops trying. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.flush();
  }

  private start(): void {
    this.pumping ??= this.pump().finally(() => {
      this.pumping = undefined;
      // Added after the pump saw nothing more and before this ran.
      if (this.groups.size > 0 && !this.closing.signal.aborted) this.start();
    });
  }

  private async pump(): Promise<void> {
    let failures = 0;
    for (;;) {
      await this.gather();
      const batches = this.takeAll();
      if (batches.length === 0) return;
      for (const batch of batches) {
        try {
          await markPublished(this.options.database, batch);
          failures = 0;
          this.options.onMarked(batch);
        } catch (error) {
          this.options.logger.warn({ err: error, rows: batch.rows.length }, 'marking published rows failed');
          if (this.closing.signal.aborted) return;
          this.putBack(batch);
          failures += 1;
        }
      }
      this.markedAt = performance.now();
      if (failures > 0) await this.options.clock.sleep(Math.min(5_000, 50 * 2 ** failures) * Math.random());
    }
  }

  private async gather(): Promise<void> {
    // At least one turn of the loop: it lets the acknowledgements of the same socket read come together.
    await new Promise((resolve) => setImmediate(resolve));
    const early = this.markedAt + gapMs - performance.now();
    if (early > 0 && ![...this.groups.values()].some(({ rows }) => rows.length >= markBatchSize)) await systemClock.sleep(early, this.closing.signal);
  }

  private takeAll(): MarkBatch[] {
    return [...this.groups].map(([name, { lane, stream, epoch, rows }]) => {
      const taken = rows.splice(0, markBatchSize);
      if (rows.length === 0) this.groups.delete(name);
      return { lane, stream, epoch, rows: taken };
    });
  }

  private putBack(batch: MarkBatch): void {
    const name = `${batch.lane} ${batch.stream} ${batch.epoch}`;
    const group = this.groups.get(name);
    const rows = [...batch.rows, ...(group?.rows ?? [])];
    this.groups.set(name, { lane: batch.lane, stream: batch.stream, epoch: batch.epoch, rows });
  }
}
