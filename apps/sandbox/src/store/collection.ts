// The records of one collection, with two orders kept beside them so that a page costs what it holds:
// 1. `changes` is sorted by (modifiedAt, id). A change appends a slot and leaves the old one dead; dead slots are
//    swept when they outnumber the living, so a page costs O(page) amortised and a poll at the end never scans.
// 2. A record that becomes visible late (`commitAfterMs`) goes into the middle: that is its whole point.
// 3. `ids` is sorted lazily: new ids wait in `added` until somebody asks for that order.
// 4. `files` finds records by what they are filed under. Several may be under one word: nothing here is unique but ids.

export interface Entry {
  readonly id: string;
  /** Milliseconds since 1970, as stamped by the system of record. */
  readonly modifiedAt: number;
  /** Grows with every write of the collection, like a row version; it outlives a deletion. */
  readonly version: number;
  /** The record as it goes out, stamps included. */
  readonly json: string;
}

export interface Position {
  readonly modifiedAt: number;
  readonly id: string;
}

interface Held {
  current: Entry;
  /** One change back, for the fault `stale`. */
  previous: Entry | undefined;
  readonly filed: string[];
}

export type FiledUnder = (record: Readonly<Record<string, unknown>>) => readonly string[];

const SWEEP_FROM = 1024;

export class Collection {
  private readonly held = new Map<string, Held>();
  private changes: Entry[] = [];
  private dead = 0;
  private ids: string[] = [];
  private added: string[] = [];
  private gone = 0;
  private readonly files = new Map<string, Set<string>>();

  constructor(readonly filedUnder?: FiledUnder) {}

  get size(): number {
    return this.held.size;
  }

  get(id: string): Entry | undefined {
    return this.held.get(id)?.current;
  }

  /** The record as it was before its last change; undefined when it did not exist then. */
  before(id: string): Entry | undefined {
    return this.held.get(id)?.previous;
  }

  put(entry: Entry): void {
    const known = this.held.get(entry.id);
    if (known) {
      this.dead += 1;
      known.previous = known.current;
      known.current = entry;
    } else {
      this.held.set(entry.id, { current: entry, previous: undefined, filed: [] });
      this.added.push(entry.id);
    }
    this.file(entry);
    this.insert(entry);
    this.sweep();
  }

  remove(id: string): boolean {
    this.unfile(id);
    if (!this.held.delete(id)) return false;
    this.dead += 1;
    this.gone += 1;
    this.sweep();
    return true;
  }

  /** Strictly after the position, oldest first. */
  changedAfter(from: Position, limit: number): Entry[] {
    const page: Entry[] = [];
    for (let index = this.firstAfter(from); index < this.changes.length && page.length < limit; index += 1) {
      const entry = this.changes[index];
      if (entry && this.alive(entry)) page.push(entry);
    }
    return page;
  }

  /** Strictly after the id, in the order of code units. */
  listedAfter(after: string, limit: number): Entry[] {
    this.order();
    const page: Entry[] = [];
    for (let index = after === '' ? 0 : firstIndex(this.ids.length, (at) => (this.ids[at] ?? '') > after); index < this.ids.length && page.length < limit; index += 1) {
      const entry = this.get(this.ids[index] ?? '');
      if (entry) page.push(entry);
    }
    return page;
  }

  /** In the order of ids. */
  filed(under: string): Entry[] {
    const ids = [...(this.files.get(under) ?? [])].sort(byCodeUnits);
    return ids.map((id) => this.get(id)).filter((entry) => entry !== undefined);
  }

  all(): Entry[] {
    return this.listedAfter('', Number.POSITIVE_INFINITY);
  }

  private file(entry: Entry): void {
    if (!this.filedUnder) return;
    this.unfile(entry.id);
    const words = [...this.filedUnder(JSON.parse(entry.json) as Record<string, unknown>)];
    this.held.get(entry.id)?.filed.push(...words);
    for (const word of words) this.files.set(word, (this.files.get(word) ?? new Set()).add(entry.id));
  }

  private unfile(id: string): void {
    for (const word of this.held.get(id)?.filed.splice(0) ?? []) {
      const ids = this.files.get(word);
      ids?.delete(id);
      if (ids?.size === 0) this.files.delete(word);
    }
  }

  private alive(entry: Entry): boolean {
    return this.held.get(entry.id)?.current === entry;
  }

  private insert(entry: Entry): void {
    const last = this.changes.at(-1);
    if (!last || precedes(last, entry)) this.changes.push(entry);
    else this.changes.splice(this.firstAfter(entry), 0, entry);
  }

  private firstAfter(position: Position): number {
    return firstIndex(this.changes.length, (at) => {
      const entry = this.changes[at];
      return entry !== undefined && precedes(position, entry);
    });
  }

  private sweep(): void {
    if (this.dead <= SWEEP_FROM || this.dead <= this.held.size) return;
    this.changes = this.changes.filter((entry) => this.alive(entry));
    this.dead = 0;
  }

  private order(): void {
    if (this.added.length === 0 && this.gone <= this.held.size) return;
    this.ids = merge(this.ids, this.added.sort(byCodeUnits)).filter((id) => this.held.has(id));
    this.added = [];
    this.gone = 0;
  }
}

function precedes(a: Position, b: Position): boolean {
  return a.modifiedAt < b.modifiedAt || (a.modifiedAt === b.modifiedAt && a.id < b.id);
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** One sorted run of two; an id that was deleted and made again is in both, and once in the answer. */
function merge(left: readonly string[], right: readonly string[]): string[] {
  const merged: string[] = [];
  for (let l = 0, r = 0; l < left.length || r < right.length; ) {
    const a = left[l];
    const b = right[r];
    const next = b === undefined || (a !== undefined && a <= b) ? a : b;
    if (next === a) l += 1;
    if (next === b) r += 1;
    if (next !== undefined && next !== merged.at(-1)) merged.push(next);
  }
  return merged;
}

/** The first index of a sorted run for which the question turns true. */
function firstIndex(length: number, isAfter: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isAfter(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
