// Time is handed in, so that an hour of staleness is tested in a millisecond (T1).

export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number;
  /** Resolves after `ms`, or at once when the signal aborts: the caller's loop looks at the signal itself. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface ManualClock extends Clock {
  /** Moves time and wakes, in order of their time, everyone whose sleep ends by then. */
  advance(ms: number): void;
  /** How many sleep now: a test waits for its subject to fall asleep before it advances. */
  readonly sleepers: number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const wake = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      signal?.addEventListener('abort', wake, { once: true });
    }),
};

/** A clock that stands still until `advance`; starts at a fixed moment so that a test's output is the same every day. */
export function manualClock(start = Date.UTC(2026, 0, 1)): ManualClock {
  let now = start;
  const asleep = new Set<{ readonly until: number; readonly wake: () => void }>();
  return {
    now: () => now,
    get sleepers() {
      return asleep.size;
    },
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true || ms <= 0) return resolve();
        const wake = (): void => {
          asleep.delete(entry);
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        const entry = { until: now + ms, wake };
        asleep.add(entry);
        signal?.addEventListener('abort', wake, { once: true });
      }),
    advance: (ms) => {
      now += ms;
      const due = [...asleep].filter((entry) => entry.until <= now).sort((a, b) => a.until - b.until);
      for (const entry of due) entry.wake();
    },
  };
}
