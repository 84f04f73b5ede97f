/** A loop's alarm clock: wakes are never lost, and many at once are one. */
export class Wake {
  private rung = false;
  private ring: (() => void) | undefined;

  now(): void {
    this.rung = true;
    this.ring?.();
  }

  /** Resolves at the next wake, at once if one came since the last wait, or after the time. */
  async wait(ms: number): Promise<void> {
    if (!this.rung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.ring = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.ring = undefined;
    }
    this.rung = false;
  }
}
