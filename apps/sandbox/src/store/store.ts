// Every record of every system, and the only way to change one.
// 1. Stamps never go back, whatever the clock does; versions grow by one per change of a collection.
// 2. Journal first, then memory, then whoever listens: all in one turn of the event loop, so nobody sees half.
// 3. What one commit changes has one stamp and is visible together, what follows from it (`along`) included.
// 4. A record with `commitAfterMs` is stamped now and appears later, between records already read: the late commit
//    that loses rows of naive cursors. The last request about an id wins: it ends a commit still under way.
//    What follows from it happens when it appears.
import { systemClock, type Clock } from '@steward/platform';
import { keptCollections, type Fields, type Kept } from '../records/collections';
import { Collection, type Entry } from './collection';
import { forgetful, openJournal, type Journal, type JournalLine } from './journal';

export interface Write {
  readonly id: string;
  readonly record: Fields;
}

/** One record of a commit. It may depend on what the parts before it became: an answer that is kept holds their stamps. */
export interface Part {
  readonly spec: Kept;
  readonly id: string;
  /** null deletes it: a hard delete, afterwards there is no trace of the record, as with most vendors. */
  readonly record: Fields | null | ((before: readonly Entry[]) => Fields);
}

export interface Change {
  readonly spec: Kept;
  readonly id: string;
  readonly at: number;
}

export type Tell = (changes: Change[]) => void;

type Line = JournalLine & { readonly spec: Kept };

interface Pending {
  readonly line: JournalLine;
  readonly timer: NodeJS.Timeout;
}

const silent: Tell = () => undefined;

export class Store {
  private readonly collections = new Map<string, Collection>();
  private readonly versions = new Map<string, number>();
  private readonly pending = new Map<string, Pending>();
  private lastStamp = 0;
  private journal: Journal = forgetful;

  constructor(private readonly clock: Clock = systemClock) {
    for (const spec of keptCollections) this.collections.set(nameOf(spec), new Collection(spec.filedUnder));
  }

  /** Loads what an earlier run left in the folder; without a folder nothing outlives the process. */
  open(folder: string | undefined): void {
    if (folder === undefined) return;
    const late = new Map<string, JournalLine>();
    this.journal = openJournal(folder, (line) => this.replay(line, late), () => this.keep(late));
    for (const line of [...late.values()].sort((a, b) => (a.visibleAt ?? 0) - (b.visibleAt ?? 0))) this.revealLater(line, silent);
  }

  of(spec: Kept): Collection {
    const found = this.collections.get(nameOf(spec));
    if (!found) throw new TypeError(`no collection ${nameOf(spec)}`);
    return found;
  }

  read(spec: Kept, id: string): Fields | undefined {
    const entry = this.of(spec).get(id);
    return entry && (JSON.parse(entry.json) as Fields);
  }

  /** The version that the next write of the collection gets. */
  nextVersion(spec: Kept): number {
    return this.versionOf(spec) + 1;
  }

  /** Answers the entries of the parts, without what followed from them. */
  commit(parts: readonly Part[], tell: Tell): Entry[] {
    const at = this.stamp();
    const lines: Line[] = [];
    for (const { spec, id, record } of parts) {
      const content = typeof record === 'function' ? record(lines.map(toEntry)) : record;
      lines.push(content === null ? this.lineOf(spec, id, at, this.versionOf(spec), null) : this.freshLine(spec, id, at, content));
    }
    this.settle([...lines, ...this.following(lines, at)], tell);
    return lines.map(toEntry);
  }

  /** An edit past the system's own doors: the stamps stay what they are, and nobody is told. Of a record that is not there it makes none. */
  overwrite(spec: Kept, id: string, record: Fields): Entry | undefined {
    const known = this.of(spec).get(id);
    if (known === undefined) return undefined;
    const { modifiedAt, version } = known;
    const line = this.lineOf(spec, id, modifiedAt, version, JSON.stringify({ ...record, modifiedAt: new Date(modifiedAt).toISOString(), version }));
    this.settle([line], silent);
    return toEntry(line);
  }

  /** Answers the entries as stamped; `tell` is called when they are visible. */
  write(spec: Kept, writes: readonly Write[], commitAfterMs: number, tell: Tell): Entry[] {
    if (commitAfterMs === 0) return this.commit(writes.map((write) => ({ spec, ...write })), tell);
    const at = this.stamp();
    const visibleAt = this.clock.now() + commitAfterMs;
    const lines = writes.map(({ id, record }) => ({ ...this.freshLine(spec, id, at, record), visibleAt }));
    this.journal.append(lines.map(toJournal));
    for (const line of lines) {
      this.endPending(line);
      this.revealLater(toJournal(line), tell);
    }
    return lines.map(toEntry);
  }

  remove(spec: Kept, id: string, tell: Tell): boolean {
    if (!this.pending.has(`${nameOf(spec)}/${id}`) && !this.of(spec).get(id)) return false;
    this.commit([{ spec, id, record: null }], tell);
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

  private versionOf(spec: Kept): number {
    return this.versions.get(nameOf(spec)) ?? 0;
  }

  private freshLine(spec: Kept, id: string, at: number, record: Fields): Line {
    const version = this.nextVersion(spec);
    this.versions.set(nameOf(spec), version);
    return this.lineOf(spec, id, at, version, JSON.stringify({ ...record, modifiedAt: new Date(at).toISOString(), version }));
  }

  private lineOf(spec: Kept, id: string, modifiedAt: number, version: number, json: string | null): Line {
    return { spec, collection: nameOf(spec), id, modifiedAt, version, visibleAt: null, json };
  }

  /** Each change is looked at after those before it, so that two shipments of one commit take from one stock record in turn. */
  private following(lines: readonly Line[], at: number): Line[] {
    if (!lines.some(({ spec }) => spec.along)) return [];
    const states = new Map<string, string | null>();
    const read = (spec: Kept, id: string): Fields | undefined => {
      const key = `${nameOf(spec)}/${id}`;
      return parse(states.has(key) ? states.get(key) : this.of(spec).get(id)?.json);
    };
    const latest = new Map<string, Line>();
    for (const line of lines) {
      const { along } = line.spec;
      if (along) {
        for (const { id, record } of along.follow(read(line.spec, line.id), parse(line.json), (id) => read(along.into, id))) {
          const next = this.freshLine(along.into, id, at, record);
          states.set(keyOf(next), next.json);
          latest.set(keyOf(next), next);
        }
      }
      states.set(keyOf(line), line.json);
    }
    return [...latest.values()];
  }

  private settle(lines: readonly Line[], tell: Tell): void {
    this.journal.append(lines.map(toJournal));
    for (const line of lines) {
      this.endPending(line);
      if (line.json === null) this.of(line.spec).remove(line.id);
      else this.of(line.spec).put(toEntry(line));
    }
    tell(lines.map(({ spec, id, modifiedAt }) => ({ spec, id, at: modifiedAt })));
  }

  private revealLater(line: JournalLine, tell: Tell): void {
    const spec = keptCollections.find((one) => nameOf(one) === line.collection);
    if (!spec) return;
    const reveal = () => {
      this.pending.delete(keyOf(line));
      const shown: Line = { ...line, spec, visibleAt: null };
      this.settle([shown, ...this.following([shown], this.stamp())], tell);
    };
    const wait = (line.visibleAt ?? 0) - this.clock.now();
    if (wait <= 0) reveal();
    else this.pending.set(keyOf(line), { line, timer: setTimeout(reveal, wait) });
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
    // Not by the clock: it is visible since the line that says so, and so is what followed from it.
    else if (line.visibleAt !== null) late.set(keyOf(line), line);
    else collection?.put(toEntry(line));
  }

  private *keep(late: Map<string, JournalLine>): Generator<JournalLine> {
    for (const [collection, records] of this.collections) {
      // A deletion of nobody: it carries the counter over a compaction that drops the newest record.
      const version = this.versions.get(collection) ?? 0;
      if (version > 0) yield { collection, id: '', modifiedAt: this.lastStamp, version, visibleAt: null, json: null };
      for (const entry of records.all()) yield { collection, visibleAt: null, ...entry };
    }
    yield* late.values();
  }
}

function nameOf(spec: Kept): string {
  return `${spec.system}/${spec.name}`;
}

function keyOf(line: JournalLine): string {
  return `${line.collection}/${line.id}`;
}

function toEntry({ id, modifiedAt, version, json }: JournalLine): Entry {
  return { id, modifiedAt, version, json: json ?? 'null' };
}

function toJournal({ collection, id, modifiedAt, version, visibleAt, json }: JournalLine): JournalLine {
  return { collection, id, modifiedAt, version, visibleAt, json };
}

function parse(json: string | null | undefined): Fields | undefined {
  return typeof json === 'string' ? (JSON.parse(json) as Fields) : undefined;
}
