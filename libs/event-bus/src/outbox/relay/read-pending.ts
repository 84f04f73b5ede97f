import type { Database } from '@steward/platform';
import type { Envelope, Origin } from '../../envelope';
import { addressOf } from '../../envelope';

/** A pending row, ready to be sent; ids and times stay text, since bigint and microseconds don't fit JavaScript's types. */
export interface PendingRow {
  readonly id: string;
  readonly createdAt: string;
  readonly lane: number;
  /** State commutes; everything else goes one by one per key (O3). */
  readonly ordered: boolean;
  /** Set when the row went pending again by a change of epoch: its duplicate id must be a new one (B10). */
  readonly republishedFor: string | null;
  readonly envelope: Envelope;
}

export interface PendingQuery {
  lane: number;
  /** Exclusive; '0' begins a sweep. */
  after: string;
  limit: number;
  /** Ids that are in flight, waiting or being marked. */
  except: readonly string[];
  blockedSubjects: readonly string[];
  blockedTypes: readonly string[];
}

// O2: "pending" is what the partial index says, and `after` is only a place inside one sweep. Sequence order is not commit
// order: a cursor that remembers the highest id missed 13,393 of 52,756 rows, because a slow writer commits a lower id later.
// An xmin guard (only rows below the oldest running transaction) missed none, but stood still whenever any transaction
// anywhere on the server idled. So every sweep begins at 0 again, and `except` keeps it from reading what is under way.
// `<> all` of an array is hashed since PostgreSQL 15, 2,000 ids cost nothing. Rejected: `for update skip locked`: with several
// relays it reorders the events of a key, with one (by lease) it locks for nothing.
const readPendingText = `
  select id, lane, created_at::text, message_id, subject, key, kind, revision::float8, sequence::float8, event_time,
         origin, correlation_id, causation_id, traceparent, tombstone, body, epoch
  from outbox
  where published_at is null and lane = $1 and id > $2
    and id <> all($4::bigint[]) and subject <> all($5::text[]) and type <> all($6::text[])
  order by id limit $3`;

interface Row {
  id: string;
  lane: number;
  created_at: string;
  message_id: string;
  subject: string;
  key: string;
  kind: string;
  revision: number | null;
  sequence: number | null;
  event_time: Date;
  origin: Origin;
  correlation_id: string | null;
  causation_id: string | null;
  traceparent: string | null;
  tombstone: boolean;
  body: string;
  epoch: string | null;
}

export async function readPending(database: Pick<Database, 'query'>, query: PendingQuery): Promise<PendingRow[]> {
  const rows = await database.query<Row>({ name: 'outbox-read-pending', text: readPendingText }, [
    query.lane,
    query.after,
    query.limit,
    query.except,
    query.blockedSubjects,
    query.blockedTypes,
  ]);
  return rows.map(toPending);
}

function toPending(row: Row): PendingRow {
  const address = addressOf(row.subject);
  return {
    id: row.id,
    createdAt: row.created_at,
    lane: row.lane,
    ordered: row.kind !== 'state',
    republishedFor: row.epoch,
    envelope: {
      id: row.message_id,
      // A row whose contract this build no longer knows is sent with what can be said of it and refused by its consumers, not lost.
      type: address?.type ?? '',
      source: address?.source ?? '',
      subject: row.subject,
      key: row.key,
      time: row.event_time.toISOString(),
      dataSchema: address?.dataSchema ?? '',
      revision: row.revision,
      sequence: row.sequence,
      correlationId: row.correlation_id,
      causationId: row.causation_id,
      origin: row.origin,
      tombstone: row.tombstone,
      traceparent: row.traceparent,
      body: row.body,
    },
  };
}

/** Shortest time between two sweeps: how late a late-committed row may be under load, and what the sweeps may cost. */
const sweepGapMs = 50;
/** Nobody waits for backfill by the millisecond, and a look at its lane that finds nothing costs as much as one that does. */
const backfillGapMs = 250;

/** Where reading stands in each lane, and when it begins at the start again (O2). */
export class Sweeps {
  private readonly places = new Map<number, string>();
  private readonly furthest = new Map<number, number>();
  private due = true;
  private begunAt = -Infinity;
  private costMs = 0;
  /** A sweep has left out the backfill lane. */
  private owesBackfill = false;
  private backfillAt = -Infinity;

  /** Whether this look at the lanes is a sweep. Under load they come round by themselves; their cost (dead index entries of an old snapshot) stays below a tenth. */
  begin(atOnce: boolean): boolean {
    const now = performance.now();
    const gap = Math.max(sweepGapMs, this.costMs * 10);
    if (!atOnce && now - this.begunAt < (this.due ? gap : gap * 4)) return false;
    this.begunAt = now;
    this.due = false;
    this.owesBackfill = true;
    this.places.clear();
    return true;
  }

  /** Whether this look includes the backfill lane. Each sweep owes one, from the lane's start, and a few share it. */
  takesBackfill(): boolean {
    const now = performance.now();
    if (!this.owesBackfill || now - this.backfillAt < backfillGapMs) return false;
    this.owesBackfill = false;
    this.backfillAt = now;
    return true;
  }

  ended(): void {
    this.costMs = performance.now() - this.begunAt;
  }

  soon(): void {
    this.due = true;
  }

  /** Infinity when none is due. */
  dueInMs(): number {
    const at = Math.min(this.due ? this.begunAt + sweepGapMs : Infinity, this.owesBackfill ? this.backfillAt + backfillGapMs : Infinity);
    return Math.max(1, at - performance.now());
  }

  /** The id after which the next read begins. */
  placeIn(lane: number): string {
    return this.places.get(lane) ?? '0';
  }

  reached(lane: number, id: string): void {
    this.places.set(lane, id);
    this.furthest.set(lane, Math.max(this.furthest.get(lane) ?? 0, Number(id)));
  }

  /** Whether higher ids were read before it: those of its key among them. */
  isLate(lane: number, id: string): boolean {
    return Number(id) <= (this.furthest.get(lane) ?? 0);
  }
}
