/**
 * Whoever waits for news of an order or a customer, woken by the projector's notices. Invariants:
 *   1. A waiter subscribes before it reads, so what changes in between wakes it.
 *   2. After a lost connection everybody is woken: nobody knows what was missed.
 *   3. A notice says that there is news and never what: what counts is read.
 */
import type { Clock } from '@steward/platform';

export class Watch {
  private readonly waiting = new Map<string, Set<() => void>>();
  private closed = false;

  /** Nobody is to wait any more. */
  get isClosed(): boolean {
    return this.closed;
  }

  /** To be called with each notice of the channel of news. */
  hear(payload: string): void {
    for (const key of JSON.parse(payload) as string[]) for (const wake of [...(this.waiting.get(key) ?? [])]) wake();
  }

  wakeAll(): void {
    for (const waiters of [...this.waiting.values()]) for (const wake of [...waiters]) wake();
  }

  /** Nobody waits any more: each gives the answer that there is. */
  close(): void {
    this.closed = true;
    this.wakeAll();
  }

  /** Returns the unsubscriber. */
  subscribe(key: string, wake: () => void): () => void {
    const waiters = this.waiting.get(key) ?? new Set();
    this.waiting.set(key, waiters.add(wake));
    return () => {
      waiters.delete(wake);
      if (waiters.size === 0 && this.waiting.get(key) === waiters) this.waiting.delete(key);
    };
  }

  /** Reads until it is settled or the time is over; returns what was read last. */
  async until<T>(key: string, read: () => Promise<T>, settled: (value: T) => boolean, ms: number, clock: Clock): Promise<T> {
    const over = new AbortController();
    let wake: (() => void) | undefined;
    const unsubscribe = this.subscribe(key, () => wake?.());
    const late = clock.sleep(ms, over.signal).then(() => 'late' as const);
    try {
      for (;;) {
        const news = new Promise<'news'>((resolve) => (wake = () => resolve('news')));
        const value = await read();
        if (settled(value) || ms <= 0 || this.closed || (await Promise.race([news, late])) === 'late') return value;
      }
    } finally {
      over.abort();
      unsubscribe();
    }
  }
}
