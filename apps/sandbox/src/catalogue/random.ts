import { randomFrom } from '@steward/platform';

export interface Random {
  /** A whole number from `min` to `max`, both included. */
  readonly between: (min: number, max: number) => number;
  readonly chance: (probability: number) => boolean;
  readonly pick: <T>(from: readonly [T, ...T[]]) => T;
  /** Up to `count` different ones, in a random order. */
  readonly some: <T>(from: readonly T[], count: number) => T[];
}

/** Over an FNV-1a hash of the seed: the same everywhere, and a product's numbers need only its own name. */
export function createRandom(seed: string): Random {
  let hash = 0x811c9dc5;
  for (const char of seed) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  const next = randomFrom(hash);
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
