export interface Random {
  /** A whole number from `min` to `max`, both included. */
  readonly between: (min: number, max: number) => number;
  readonly chance: (probability: number) => boolean;
  readonly pick: <T>(from: readonly [T, ...T[]]) => T;
  /** Up to `count` different ones, in a random order. */
  readonly some: <T>(from: readonly T[], count: number) => T[];
}

/** Mulberry32 over an FNV-1a hash of the seed: the same everywhere, and a product's numbers need only its own name. */
export function createRandom(seed: string): Random {
  let state = 0x811c9dc5;
  for (const char of seed) state = Math.imul(state ^ (char.codePointAt(0) ?? 0), 0x01000193);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const between = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  return {
    between,
    chance: (probability) => next() < probability,
    pick: (from) => from[between(0, from.length - 1)] ?? from[0],
    some: (from, count) => {
      const rest = [...from];
      const chosen = [];
      while (rest.length > 0 && chosen.length < count) chosen.push(...rest.splice(between(0, rest.length - 1), 1));
      return chosen;
    },
  };
}
