const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Waits until the condition returns something truthy, and returns it. A condition that throws (an `expect` inside) counts as "not yet"; its
 * last error is shown if time runs out. The default of 30 s is long because only a failure takes that long.
 */
export async function eventually<T>(
  condition: () => T | Promise<T>,
  { withinMs = 30_000, everyMs = 20 }: { withinMs?: number; everyMs?: number } = {},
): Promise<Exclude<T, false | null | undefined | 0 | ''>> {
  const deadline = Date.now() + withinMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value as Exclude<T, false | null | undefined | 0 | ''>;
      last = value;
    } catch (fault) {
      last = fault;
    }
    if (Date.now() > deadline) {
      if (last instanceof Error) throw last;
      throw new Error(`not within ${withinMs} ms, last answer: ${String(last)}, condition: ${condition.toString()}`);
    }
    await pause(everyMs);
  }
}
