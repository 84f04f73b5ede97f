const buckets = 60;

/** Events per second, over the last minute. */
export class Rate {
  private readonly counts = new Array<number>(buckets).fill(0);
  private readonly startedAt = performance.now();
  private second = 0;

  add(count: number): void {
    this.turn();
    const index = this.second % buckets;
    this.counts[index] = (this.counts[index] ?? 0) + count;
  }

  perSecond(): number {
    this.turn();
    const seconds = Math.min(buckets, Math.max(1, (performance.now() - this.startedAt) / 1_000));
    return Math.round((this.counts.reduce((sum, count) => sum + count, 0) / seconds) * 10) / 10;
  }

  private turn(): void {
    const now = Math.floor((performance.now() - this.startedAt) / 1_000);
    // Whoever was silent for longer than a minute has nothing left.
    for (let second = Math.max(this.second + 1, now - buckets + 1); second <= now; second += 1) this.counts[second % buckets] = 0;
    this.second = now;
  }
}
