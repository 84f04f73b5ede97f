import { setTimeout as pause } from 'node:timers/promises';

/**
 * Begins so many at a fixed rate, whether earlier ones are done or not. Each is told the moment at which it was due, on the clock of
 * `performance`: times counted from there include what a late start has cost, so a system that stalls can't hide whom it kept waiting.
 */
export async function openLoop<T>(count: number, perSecond: number, begin: (index: number, dueAt: number) => Promise<T>): Promise<T[]> {
  const from = performance.now();
  const begun: Promise<T>[] = [];
  for (let index = 0; index < count; index += 1) {
    const dueAt = from + (index * 1000) / perSecond;
    const early = dueAt - performance.now();
    if (early > 0) await pause(early);
    const one = begin(index, dueAt);
    // One that fails before the last has begun is told at the end, and must not end the process before.
    one.catch(() => undefined);
    begun.push(one);
  }
  return Promise.all(begun);
}
