import { randomBytes } from 'node:crypto';

/** Entities that both ends know before a line is measured: changes are updates, as in a running shop. */
export const KEYS = 100_000;

/** One change of one entity, as a line takes it over. */
export interface Change {
  readonly id: number;
  readonly version: number;
  readonly at: number;
}

const filler = randomBytes(190).toString('hex');

/** Changes of random entities with growing versions. */
export function createChanges(): (at: number) => Change {
  const versions = new Map<number, number>();
  return (at) => {
    const id = Math.floor(Math.random() * KEYS);
    const version = (versions.get(id) ?? 0) + 1;
    versions.set(id, version);
    return { id, version, at };
  };
}

/** About 600 bytes, like a small product. */
export function bodyOf({ id, version, at }: Change): string {
  return `{"id":${id},"v":${version},"ts":${at},"sku":"SKU-${id}","name":"Product ${id}","price":{"amount":1999,"cur":"EUR"},"attrs":{"color":"red","size":"M","brand":"Acme","w":"100"},"pad":"${filler}"}`;
}

/** Calls back with the number of changes that are due, about every millisecond, until it is stopped. */
export function metronome(perSecond: number, due: (count: number) => void): () => void {
  let owed = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    owed += ((now - last) / 1000) * perSecond;
    last = now;
    const count = Math.floor(owed);
    owed -= count;
    if (count > 0) due(count);
  }, 1);
  return () => clearInterval(timer);
}
