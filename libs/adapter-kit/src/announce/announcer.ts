/**
 * The one way from a read of the source to `announced` and the outbox.
 * 1. One transaction: lease checked, page announced, cursor (or whatever the reader keeps) moved, letters written.
 * 2. Transactions of one feed run one after the other in this process, and the checked lease keeps out other processes until
 *    commit: the verdicts of the statement are exact.
 * 3. What is remembered in memory is remembered after commit.
 */
import { typeOf } from '@steward/contracts';
import { type Lane, lanes, type Lease, type Origin } from '@steward/event-bus';
import { counter, currentTraceparent, type Database } from '@steward/platform';
import type { PoolClient } from 'pg';
import type { Feed } from '../source/define';
import { rebuildStream, withdrawBackfill } from './announced.store';
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

export interface Announced {
  readonly changed: number;
  /** Keys that were refused as older and are to be read again (O7). */
  readonly stale: readonly string[];
  readonly prepared: Prepared;
}

export interface AnnouncerOptions {
  readonly system: string;
  readonly feed: Feed;
  readonly database: Pick<Database, 'query' | 'transaction'>;
  readonly lease: Pick<Lease, 'assert'>;
  readonly reads: ReadNumbers;
  readonly statement?: string;
}

/** Longer than a replica lags, shorter than anybody wants to look at a shop that shows what was restored away. */
const lowerVersionRefusedSeconds = 600;

interface Row {
  readonly changed: number;
  readonly stale: string[] | null;
}

export class Announcer {
  readonly quarantine: Quarantine;
  /** Every revision of a key that is new to this database is above it. */
  revisionFloor = 0;
  private readonly seen = new SeenItems();
  readonly reads: ReadNumbers;
  private readonly name: string;
  /** Whether rows of the backfill lane may still be pending; asked once at start and as long as the answer is yes. */
  private backfillWaits = true;
  private deletions = 0;
  private tail: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: AnnouncerOptions) {
    this.reads = options.reads;
    this.quarantine = new Quarantine(options.system, options.feed);
    // The name is that of the prepared statement: a test's variant must not be taken for the real one.
    this.name = options.statement === undefined ? 'kit-announce' : 'kit-announce-variant';
  }

  /** Whether the change that a hint speaks of was announced already. */
  isAnnounced(key: string, mark: string): boolean {
    return this.seen.isKnownBy(key, mark);
  }

  /** B10, in the relay's transaction. */
  rebuild(tx: PoolClient, epoch: string): Promise<number> {
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

  private prepare({ items = [], read }: Announcement): Prepared {
    const { feed, system, reads } = this.options;
    // Skipping leaves the read number where it is. Only versions then keep out what an older read may still bring (O7).
    const maySkip = feed.versionOf !== undefined || !reads.olderThan(read);
    return prepare(feed, system, items, maySkip ? this.seen : undefined);
  }

  private async commit(announcement: Announcement, prepared: Prepared, traceparent: string | null): Promise<Announced> {
    const { system, feed, database, lease } = this.options;
    const { contract } = feed;
    const deletions = (announcement.deleted ?? []).map((key) => deletionOf(contract, system, key));
    const statements = [...prepared.statements, ...deletions];
    const letters = this.quarantine.plan(prepared.refusals, statements, announcement.read.at);
    const row = await database.transaction(async (tx) => {
      await lease.assert(tx);
      const result = statements.length === 0 ? { changed: 0, stale: null } : await this.execute(tx, announcement, statements, traceparent);
      if (this.backfillWaits && announcement.lane === lanes.live && result.changed > 0) {
        this.backfillWaits = await withdrawBackfill(tx, contract, system, statements.map(({ key }) => key));
      }
      await announcement.also?.(tx, prepared);
      await letters?.write(tx);
      return result;
    });
    letters?.committed();
    if (announcement.lane === lanes.backfill && row.changed > 0) this.backfillWaits = true;
    const stale = row.stale ?? [];
    this.remember(statements, new Set(stale));
    this.deletions += deletions.length;
    const count = (outcome: string, n: number): void => (n > 0 ? feedItems.inc({ system, entity: contract.entity, outcome }, n) : undefined);
    count('announced', row.changed);
    count('unchanged', prepared.known + statements.length - row.changed - stale.length);
    count('older', stale.length);
    count('quarantined', prepared.refusals.length);
    return { changed: row.changed, stale, prepared };
  }

  private async execute(tx: PoolClient, { read, lane, byKey = false }: Announcement, statements: readonly Statement[], traceparent: string | null): Promise<Row> {
    const { system, feed, reads, statement = announceStatement } = this.options;
    const origin: Origin = lane === lanes.backfill ? 'backfill' : 'live';
    const result = await tx.query<Row>({
      name: this.name,
      text: statement,
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
      ],
    });
    return result.rows[0] ?? { changed: 0, stale: null };
  }

  private remember(statements: readonly Statement[], stale: ReadonlySet<string>): void {
    for (const { key, stamp } of statements) {
      if (stamp === undefined || stale.has(key)) this.seen.forget(key);
      else this.seen.remember(key, stamp);
    }
  }
}
