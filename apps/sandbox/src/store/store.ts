// Every record of every system, and the only way to change one.
// 1. Stamps never go back, whatever the clock does; versions grow by one per change of a collection.
// 2. Journal first, then memory, then whoever listens: all in one turn of the event loop, so nobody sees half.
// 3. A record with `commitAfterMs` is stamped now and appears later, between records already read: the late commit
//    that loses rows of naive cursors. The last request about an id wins: it ends a commit still under way.
import { systemClock, type Clock } from '@steward/platform';
import { collectionSpecs, type CollectionSpec } from '../records/systems';
import { Collection, type Entry } from './collection';
import { forgetful, openJournal, type Journal, type JournalLine } from './journal';

export interface Write {
  readonly id: string;
  readonly record: Record<string, unknown>;
}

export interface Change {
  readonly spec: CollectionSpec;
  readonly id: string;
  readonly at: number;
}

interface Pending {
  readonly line: JournalLine;
  readonly timer: NodeJS.Timeout;
}

export class Store {
  private readonly collections = new Map<string, Collection>();
  private readonly versions = new Map<string, number>();
  private readonly pending = new Map<string, Pending>();
  private lastStamp = 0;
  private journal: Journal = forgetful;

  constructor(private readonly clock: Clock = systemClock) {
    for (const spec of collectionSpecs) this.collections.set(nameOf(spec), new Collection());
  }

  /** Loads what an earlier run left in the folder; without a folder nothing outlives the process. */
  open(folder: string | undefined): void {
    if (folder === undefined) return;
    const late = new Map<string, JournalLine>();
    this.journal = openJournal(folder, (line) => this.replay(line, late), () => this.keep(late));
    for (const line of late.values()) this.commitLater(line, () => undefined);
  }

  of(spec: CollectionSpec): Collection {
    const found = this.collections.get(nameOf(spec));
    if (!found) throw new TypeError(`no collection ${nameOf(spec)}`);
    return found;
  }

  /** Answers the entries as stamped; `tell` is called when they are visible. */
  write(spec: CollectionSpec, writes: readonly Write[], commitAfterMs: number, tell: (changes: Change[]) => void): Entry[] {
    const at = this.stamp();
    const iso = new Date(at).toISOString();
    const visibleAt = commitAfterMs > 0 ? this.clock.now() + commitAfterMs : null;
    let version = this.versions.get(nameOf(spec)) ?? 0;
    const lines = writes.map(({ id, record }): JournalLine & { json: string } => {
      version += 1;
      return { collection: nameOf(spec), id, modifiedAt: at, version, visibleAt, json: JSON.stringify({ ...record, modifiedAt: iso, version }) };
    });
    this.versions.set(nameOf(spec), version);
    this.journal.append(lines);
    for (const line of lines) {
      this.endPending(line);
      if (visibleAt !== null) this.commitLater(line, tell);
      else this.of(spec).put(line);
    }
    if (visibleAt === null) tell(lines.map(({ id }) => ({ spec, id, at })));
    return lines;
  }

  /** A hard delete: afterwards there is no trace of the record, as with most vendors. */
  remove(spec: CollectionSpec, id: string, tell: (changes: Change[]) => void): boolean {
    const line = { collection: nameOf(spec), id, modifiedAt: this.stamp(), version: this.versions.get(nameOf(spec)) ?? 0, visibleAt: null, json: null };
    const underWay = this.pending.has(keyOf(line));
    if (!underWay && !this.of(spec).get(id)) return false;
    this.journal.append([line]);
    this.endPending(line);
    this.of(spec).remove(id);
    tell([{ spec, id, at: line.modifiedAt }]);
    return true;
  }

  close(): void {
    for (const { timer } of this.pending.values()) clearTimeout(timer);
    this.pending.clear();
    this.journal.close();
    this.journal = forgetful;
  }

  private stamp(): number {
    this.lastStamp = Math.max(this.lastStamp, this.clock.now());
    return this.lastStamp;
  }

  private commitLater(line: JournalLine, tell: (changes: Change[]) => void): void {
    const spec = collectionSpecs.find((one) => nameOf(one) === line.collection);
    if (!spec || line.json === null) return;
    const entry: Entry = { id: line.id, modifiedAt: line.modifiedAt, version: line.version, json: line.json };
    const commit = () => {
      this.pending.delete(keyOf(line));
      this.of(spec).put(entry);
      tell([{ spec, id: line.id, at: line.modifiedAt }]);
    };
    const timer = setTimeout(commit, Math.max(0, (line.visibleAt ?? 0) - this.clock.now()));
    this.pending.set(keyOf(line), { line, timer });
  }

  private endPending(line: JournalLine): void {
    const known = this.pending.get(keyOf(line));
    if (!known) return;
    clearTimeout(known.timer);
    this.pending.delete(keyOf(line));
  }

  private replay(line: JournalLine, late: Map<string, JournalLine>): void {
    this.lastStamp = Math.max(this.lastStamp, line.modifiedAt);
    this.versions.set(line.collection, Math.max(this.versions.get(line.collection) ?? 0, line.version));
    late.delete(keyOf(line));
    const collection = this.collections.get(line.collection);
    if (line.json === null) collection?.remove(line.id);
    else if (line.visibleAt !== null && line.visibleAt > this.clock.now()) late.set(keyOf(line), line);
    else collection?.put({ id: line.id, modifiedAt: line.modifiedAt, version: line.version, json: line.json });
  }

  private *keep(late: Map<string, JournalLine>): Generator<JournalLine> {
    for (const [collection, records] of this.collections) {
      // A deletion of nobody: it carries the counter over a compaction that drops the newest record.
      yield { collection, id: '', modifiedAt: this.lastStamp, version: this.versions.get(collection) ?? 0, visibleAt: null, json: null };
      for (const entry of records.all()) yield { collection, visibleAt: null, ...entry };
    }
    yield* late.values();
  }
}

function nameOf(spec: CollectionSpec): string {
  return `${spec.system}/${spec.name}`;
}

function keyOf(line: JournalLine): string {
  return `${line.collection}/${line.id}`;
}
