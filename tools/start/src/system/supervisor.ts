// Starts a crashed process again.
//
// 1. The first restart comes at once, further ones with a growing pause (up to 10 s): a process that can't start must not
//    eat the machine, and one that fell over once must not be missed.
// 2. The pause shrinks back only after a minute of life: a process that lives for seconds is still failing.
// 3. release() ends a restart that is under way, also one that waits.
// 4. What was taken down on purpose stays down until it is brought back, and comes back with the patience that a crash gets: who starts
//    beside ten others on a busy machine may fail once. That has an end, so that what never starts is said with all its reasons.
import type { Running } from '@steward/servers';

const LONGEST_PAUSE_MS = 10_000;
const HEALTHY_AFTER_MS = 60_000;
/** At each of them it has its own time to become ready. */
const STARTS_AT_MOST = 5;

/** `unasked`: it is no step of a start, and no end by -9, which only a person or a test brings about. */
export type Note = (line: string, unasked?: boolean) => void;

/** Watches without starting it again; with what it said last. */
export function tellEnd(running: Running, note: Note, then = ''): (how: string) => void {
  return (how) => note(`${running.name} ended (${how})${then}`, how !== 'signal SIGKILL');
}

export interface Supervised {
  /** Ends it with -9 and leaves it so. */
  takeDown(): Promise<void>;
  /** Starts what was taken down; rejects with the reason of each failed start. */
  bringBack(): Promise<void>;
  /** Ends supervision; resolves when no restart is under way any more. Stop the process after it. */
  release(): Promise<void>;
}

export function supervise(running: Running, note: Note): Supervised {
  const ended = tellEnd(running, note, ', starting it again');
  let failures = 0;
  let startedAt = Date.now();
  let released = false;
  let down = false;
  let wake: () => void = () => undefined;
  let work: Promise<void> = Promise.resolve();

  const wanted = (): boolean => !released && !down;

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  /** Until it runs or nobody wants it any more; why it did not start, each time that it did not. */
  const start = async (startsAtMost: number): Promise<string[]> => {
    const reasons: string[] = [];
    if (Date.now() - startedAt > HEALTHY_AFTER_MS) failures = 0;
    while (wanted() && reasons.length < startsAtMost) {
      if (failures > 0) await pause(Math.min(LONGEST_PAUSE_MS, 250 * 2 ** (failures - 1)));
      if (!wanted()) break;
      failures += 1;
      try {
        await running.restart();
        startedAt = Date.now();
        note(`${running.name} is back`);
        break;
      } catch (fault) {
        reasons.push((fault as Error).message);
        if (wanted()) note((fault as Error).message, true);
      }
    }
    return reasons;
  };

  running.onCrash((how) => {
    if (!wanted()) return;
    ended(how);
    work = start(Infinity).then(() => undefined);
  });
  return {
    takeDown: async () => {
      down = true;
      wake();
      await Promise.all([work, running.kill()]);
      // A restart that was under way may have come to its end in between.
      await running.kill();
    },
    bringBack: async () => {
      down = false;
      const starting = start(STARTS_AT_MOST);
      work = starting.then(() => undefined);
      const reasons = await starting;
      if (!running.alive && !released) throw new Error(`${running.name} did not come back:\n${reasons.join('\n')}`);
    },
    release: async () => {
      released = true;
      wake();
      // A start that waits for readiness ends when its process does.
      const stopped = running.stop();
      await Promise.all([work, stopped]);
    },
  };
}
