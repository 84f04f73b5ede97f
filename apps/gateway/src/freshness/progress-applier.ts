/**
 * Makes claimed progress count (O8). Invariants:
 *   1. What a floor covers was committed before the floor was known, so progress is never told before the changes behind it.
 *   2. A claim of another epoch waits: sequences of two incarnations of a stream don't compare.
 */
import { category, price, product, stockLevel, streamOf } from '@steward/contracts';
import { BackgroundLoop, gauge, type Clock, type Database, type Logger } from '@steward/platform';
import { applyClaims, type Floor } from './progress.store';

const EVERY_MS = 1_000;

/** How far a projection has worked off a stream; undefined while nobody knows. */
export type FloorOf = (builds: string, stream: string) => { sequence: number; epoch: string | undefined } | undefined;

const feeds = [
  { contract: product, system: 'pim', builds: 'catalogue' },
  { contract: category, system: 'pim', builds: 'categories' },
  { contract: stockLevel, system: 'erp', builds: 'availability' },
  { contract: price, system: 'pricing', builds: 'prices' },
] as const;

export function floorsOf(floorOf: FloorOf): Floor[] {
  return feeds.flatMap(({ contract, system, builds }) => {
    const stream = streamOf(contract, system).name;
    const floor = floorOf(builds, stream);
    return floor?.epoch === undefined ? [] : [{ system, entity: contract.entity, stream, epoch: floor.epoch, sequence: floor.sequence }];
  });
}

export function progressApplier({ database, floorOf, clock, logger }: { database: Database; floorOf: FloorOf; clock: Clock; logger: Logger }): BackgroundLoop {
  const applied = new Map<string, number>();
  const staleness = gauge('steward_projection_staleness_seconds', 'Age of the progress that the read model vouches for', ['entity']);
  const turn = async (): Promise<number> => {
    try {
      const floors = floorsOf(floorOf);
      if (floors.length > 0)
        for (const { entity, appliedUpTo } of await database.transaction((tx) => applyClaims(tx, floors))) applied.set(entity, appliedUpTo);
    } finally {
      // What can't be applied grows old all the same.
      for (const [entity, appliedUpTo] of applied) staleness.set({ entity }, (clock.now() - appliedUpTo) / 1_000);
    }
    return EVERY_MS;
  };
  return new BackgroundLoop({ clock, logger, turn, pauseMs: EVERY_MS, failed: 'feed progress not applied, trying again' });
}
