/**
 * The one way from a read of the source to `announced` and the outbox.
 * 1. One transaction: lease checked, page announced, cursor (or whatever the reader keeps) moved, letters written.
 * 2. Transactions of one feed run one after the other in this process, and the checked lease keeps out other processes until
 *    commit: the verdicts of the statement are exact.
 * 3. What is remembered in memory is remembered after commit.
 * 4. Suspicious changes are decided on in the same transaction (X6): whichever reader brought them, they meet here.
 */
import { typeOf } from '@steward/contracts';
import { type Lane, lanes, type Lease, type Origin } from '@steward/event-bus';
import { ambientEnv, counter, currentTraceparent, type Database, type Logger, together } from '@steward/platform';
import type { PoolClient } from 'pg';
import { compares, fieldsOf, windowStart } from '../guard/change-rules';
import { ChangeGuard, type Suspects } from '../guard/change-guard';
import type { Feed } from '../source/define';
import { lockAnnouncing, rebuildStream, withdrawBackfill } from './announced.store';
import { announceStatement } from './announce-statement';
import { deletionOf, type Prepared, prepare, type Statement } from './prepare';
import { Quarantine } from './quarantine';
import type { Read, ReadNumbers } from './read-numbers';
import { SeenItems } from './seen-items';

const feedItems = counter('steward_feed_items_total', 'Items read from a system of record, by what came of them', ['system', 'entity', 'outcome']);

export interface Announcement {
  readonly read: Read;
  readonly items?: readonly unknown[];
  /** Keys of which a read by key said that they don't exist. */
  readonly deleted?: readonly string[];
  readonly lane: Lane;
  /** A read by key is not repeated because it was refused as older. */
  readonly byKey?: boolean;
  /** In the same transaction: the cursor, the hints that are answered, the keys of the pass. */
  readonly also?: (tx: PoolClient, prepared: Prepared) => Promise<void>;
}

/**
 * In the transaction of a read. `keys` are those whose announced state is what this read showed, whether or not it has changed:
 * neither what was refused, nor what is held for its owner, nor what a later read has overtaken.
 */
export type AfterRead = (tx: PoolClient, read: Read, keys: readonly string[]) => Promise<void>;

export interface Announced {
  readonly changed: number;
  /** Keys that were refused as older and are to be read again (O7). */
  readonly stale: readonly string[];
  readonly prepared: Prepared;
}

export interface AnnouncerOptions {
  readonly system: string;
  readonly vendor: string;
  readonly feed: Feed;
  readonly database: Pick<Database, 'query' | 'transaction'>;
  readonly lease: Pick<Lease, 'assert'>;
  readonly reads: ReadNumbers;
  readonly logger: Logger;
  readonly statement?: string;
  readonly onChanged?: (count: number) => void;
  readonly afterRead?: AfterRead | undefined;
}

/** Longer than a replica lags, shorter than anybody wants to look at a shop that shows what was restored away. */
const lowerVersionRefusedSeconds = 600;

interface Row {
  readonly changed: number;
  readonly stale: readonly string[] | null;
  readonly suspects: Suspects | null;
}

interface Written {
  readonly changed: number;
  readonly stale: readonly string[];
  readonly held: ReadonlySet<string>;
  readonly committed: () => void;
}

export class Announcer {
  readonly quarantine: Quarantine;
  private readonly guard: ChangeGuard;
  /** Every revision of a key that is new to this database is above it. */
  revisionFloor = 0;
  private readonly seen = new SeenItems();
  readonly reads: ReadNumbers;
  private readonly statement: { readonly name: string; readonly text: string };
  /** Whether rows of the backfill lane may be pending; asked once at start, and as long as the answer is yes. */
  private backfillWaits = true;
  private deletions = 0;
  private tail: Promise<unknown> = Promise.resolve();
  private readonly version = ambientEnv().STEWARD_VERSION;

  constructor(private readonly options: AnnouncerOptions) {
    this.reads = options.reads;
    this.quarantine = new Quarantine(options.system, options.feed);
    const { contract } = options.feed;
    this.guard = new ChangeGuard(contract, options.vendor, options.logger);
    // The name is that of the prepared statement: a test's variant must not be taken for the real one.
    const { statement } = options;
    this.statement = { name: statement === undefined ? `kit-announce-${contract.entity}` : 'kit-announce-variant', text: statement ?? announceStatement(contract.guard.changes) };
  }

  /** What the tables hold back: another process may have written it. */
  async load(): Promise<void> {
    const { database } = this.options;
    await this.quarantine.load(database);
    await this.guard.load(database);
  }

  /** O8: keys of which the source says something that is not announced; undefined when there may be more than `most`. */
  async keysInDoubt(most: number): Promise<string[] | undefined> {
    const { database } = this.options;
    const inQuarantine = await this.quarantine.keysInDoubt(database, most);
    if (inQuarantine === undefined) return undefined;
    const keys = [...new Set([...inQuarantine, ...(await this.guard.keysInDoubt(database, most))])];
    return keys.length > most ? undefined : keys;
  }

  /** Whether the change that a hint speaks of was announced already. */
  isAnnounced(key: string, mark: string): boolean {
    return this.seen.isKnownBy(key, mark);
  }

  /** A crash of the database took back marks: rows of the backfill lane that were published are pending again. */
  marksInDoubt(): void {
    this.backfillWaits = true;
  }

  /** B10, in the relay's transaction. */
  async rebuild(tx: PoolClient, epoch: string): Promise<number> {
    await lockAnnouncing(tx);
    // Not before the lock: a change that was committed meanwhile found no backfill waiting, and would have put this back to false.
    this.backfillWaits = true;
    return rebuildStream(tx, this.options.feed.contract, this.options.system, epoch);
  }

  announce(announcement: Announcement): Promise<Announced> {
    // Prepared while the statement of the page before runs. What was skipped as known is looked at again when a deletion came between.
    const early = this.prepare(announcement);
    const { deletions } = this;
    const traceparent = currentTraceparent() ?? null;
    const turn = this.tail.then(() => this.commit(announcement, deletions === this.deletions ? early : this.prepare(announcement), traceparent));
    this.tail = turn.catch(() => undefined);
    return turn;
  }

  private prepare({ items = [], read, byKey = false }: Announcement): Prepared {
    const { feed, system, reads } = this.options;
    // Skipping leaves the read number where it is. Only versions then keep out what an older read may still bring (O7).
    // Who asks by key wants it looked at: what is announced may be in doubt (X3).
    const maySkip = !byKey && (feed.versionOf !== undefined || !reads.olderThan(read));
    return prepare(feed, system, items, maySkip ? this.seen : undefined);
  }

  private async commit(announcement: Announcement, prepared: Prepared, traceparent: string | null): Promise<Announced> {
    const { system, feed, database, lease } = this.options;
    const { contract } = feed;
    const deletions = (announcement.deleted ?? []).map((key) => deletionOf(contract, system, key));
    let statements = [...prepared.statements, ...deletions];
    let letters: ReturnType<Quarantine['plan']>;
    let withheld: ReadonlySet<string> = new Set();
    const write = async (tx: PoolClient): Promise<Written> => {
      if (feed.withheld && prepared.keys.length > 0) withheld = await feed.withheld(tx, prepared.keys);
      statements = [...prepared.statements.map((each) => (withheld.has(each.key) ? deletionOf(contract, system, each.key) : each)), ...deletions];
      letters = this.quarantine.plan(prepared.refusals.filter(({ key }) => key === undefined || !withheld.has(key)), statements, announcement.read.at);
      const [result] = await together([this.write(tx, announcement, statements, traceparent), announcement.also?.(tx, prepared)]);
      if (this.backfillWaits && announcement.lane === lanes.live && result.changed > 0) {
        this.backfillWaits = await withdrawBackfill(tx, contract, statements.map(({ key }) => key));
      }
      await this.follow(tx, announcement, prepared, result);
      await letters?.write(tx);
      return result;
    };
    // Without the lease all of it is taken back, so nobody waits for it: a page costs one way to the database and back, and the commit.
    const [, written] = await database.transaction((tx) => together([lease.assert(tx), write(tx)]));
    letters?.committed();
    written.committed();
    const { changed, stale, held } = written;
    if (announcement.lane === lanes.backfill && changed > 0) this.backfillWaits = true;
    this.remember(statements, new Set([...stale, ...held]));
    // What was skipped as known is known no longer: it is told as deleted by now, and may be let go again.
    for (const key of withheld) this.seen.forget(key);
    this.deletions += deletions.length;
    const count = (outcome: string, n: number): void => (n > 0 ? feedItems.inc({ system, entity: contract.entity, outcome }, n) : undefined);
    count('announced', changed);
    this.options.onChanged?.(changed);
    count('unchanged', prepared.known + statements.length - changed - stale.length - held.size);
    count('held', held.size);
    count('older', stale.length);
    count('quarantined', prepared.refusals.length);
    return { changed, stale, prepared };
  }

  private async follow(tx: PoolClient, { read, deleted = [] }: Announcement, { keys, refusals }: Prepared, { stale, held }: Written): Promise<void> {
    const { afterRead } = this.options;
    if (afterRead === undefined) return;
    const out = new Set([...stale, ...held, ...refusals.map(({ key }) => key)]);
    const shown = [...new Set([...keys, ...deleted])].filter((key) => !out.has(key));
    if (shown.length > 0) await afterRead(tx, read, shown);
  }

  /** What is suspicious comes back from the statement unwritten; what the guard lets through is written by a second run. */
  private async write(tx: PoolClient, announcement: Announcement, statements: readonly Statement[], traceparent: string | null): Promise<Written> {
    const none = { changed: 0, stale: [], held: new Set<string>(), committed: () => undefined };
    if (statements.length === 0) return none;
    const { changed, stale, suspects } = await this.execute(tx, announcement, statements, traceparent, 'judged');
    const first = { ...none, changed, stale: stale ?? [] };
    const decision = await this.guard.decide(tx, announcement.read, statements, suspects ?? [], first.stale);
    if (decision === undefined) return first;
    const rows: Row[] = [];
    for (const as of ['passed', 'released'] as const) {
      const those = statements.filter(({ key }) => decision[as].has(key));
      if (those.length > 0) rows.push(await this.execute(tx, announcement, those, traceparent, as));
    }
    return {
      changed: rows.reduce((sum, row) => sum + row.changed, changed),
      stale: [...first.stale, ...rows.flatMap((row) => row.stale ?? [])],
      held: decision.held,
      committed: decision.committed,
    };
  }

  private async execute(tx: PoolClient, { read, lane, byKey = false }: Announcement, statements: readonly Statement[], traceparent: string | null, as: 'judged' | 'passed' | 'released'): Promise<Row> {
    const { system, feed, reads } = this.options;
    const rules = feed.contract.guard.changes;
    const origin: Origin = lane === lanes.backfill ? 'backfill' : 'live';
    const result = await tx.query<Row>({
      ...this.statement,
      values: [
        feed.contract.entity,
        statements.map(({ key }) => key),
        statements.map(({ hash }) => hash),
        statements.map(({ body }) => body),
        statements.map(({ version }) => version),
        statements.map(({ subject }) => subject),
        read.no,
        this.revisionFloor,
        reads.olderThan(read),
        read.at,
        typeOf(feed.contract, system),
        lane,
        origin,
        traceparent,
        !byKey,
        lowerVersionRefusedSeconds,
        statements.map(({ record }) => record),
        this.version,
        feed.contract.major,
        ...(rules.length === 0 ? [] : [as, ...fieldsOf(rules).map((field) => statements.map(({ guarded }) => guarded[field] ?? null))]),
        ...(rules.some(compares) ? [windowStart(read.at)] : []),
      ],
    });
    return result.rows[0] ?? { changed: 0, stale: null, suspects: null };
  }

  private remember(statements: readonly Statement[], stale: ReadonlySet<string>): void {
    for (const { key, stamp } of statements) {
      if (stamp === undefined || stale.has(key)) this.seen.forget(key);
      else this.seen.remember(key, stamp);
    }
  }
}
