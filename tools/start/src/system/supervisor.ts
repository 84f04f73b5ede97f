// Starts a crashed process again.
//
// 1. The first restart comes at once, further ones with a growing pause (up to 10 s): a process that can't start must not
//    eat the machine, and one that fell over once must not be missed.
// 2. The pause shrinks back only after a minute of life: a process that lives for seconds is still failing.
// 3. stop() ends a restart that is under way, also one that waits.
import type { Running } from '@steward/servers';

const LONGEST_PAUSE_MS = 10_000;
const HEALTHY_AFTER_MS = 60_000;

export interface Supervised {
  /** Ends supervision; resolves when no restart is under way any more. Stop the process after it. */
  release(): Promise<void>;
}

export function supervise(running: Running, note: (line: string) => void): Supervised {
  let failures = 0;
  let startedAt = Date.now();
  let released = false;
  let wake: () => void = () => undefined;
  let work: Promise<void> = Promise.resolve();

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const revive = async (how: string): Promise<void> => {
    if (Date.now() - startedAt > HEALTHY_AFTER_MS) failures = 0;
    note(`${running.name} ended (${how}), starting it again`);
    while (!released) {
      if (failures > 0) await pause(Math.min(LONGEST_PAUSE_MS, 250 * 2 ** (failures - 1)));
      if (released) return;
      failures += 1;
      try {
        await running.restart();
        startedAt = Date.now();
        note(`${running.name} is back`);
        return;
      } catch (fault) {
        if (!released) note((fault as Error).message);
      }
    }
  };

  running.onCrash((how) => {
    if (!released) work = revive(how);
  });
  return {
    release: async () => {
      released = true;
      wake();
      // A start that waits for readiness ends when its process does.
      const stopped = running.stop();
      await Promise.all([work, stopped]);
    },
  };
}
