/** What a proof gets. It says what is proven as it is proven, and throws at the first thing that is not so. */
export interface Proof {
  readonly directory: string;
  readonly say: (line: string) => void;
}

/** A full pass rests nine times as long as it reads, and what a system does not answer about is asked less and less often: at worst once a minute. */
const patienceMs = 240_000;

/** Waits until it is so; answers how long that took. */
export async function until(what: string, condition: () => Promise<boolean>): Promise<number> {
  const begun = performance.now();
  while (!(await condition())) {
    if (performance.now() - begun > patienceMs) throw new Error(`not within ${patienceMs / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return Math.round(performance.now() - begun);
}
