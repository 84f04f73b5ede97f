/**
 * I6: every act of a person is an entry, written in the transaction of the act.
 *   1. The entries of an owner are a chain: each holds the hash of the one before it, so that nothing can be changed, left out or put in
 *      between without breaking all that follows.
 *   2. Entries of one owner are written one after the other; the lock is held until the act has committed or was rolled back.
 *   3. The time is the database's: replicas whose clocks differ would else write a history that goes backwards.
 */
import { createHash } from 'node:crypto';
import type { PoolClient } from 'pg';
import type { Operator } from '../api/roles';

/** What nobody's team owns: requests that were refused before an owner was known, and Steward's own parts. */
export const PLATFORM = 'Platform';

export interface Act {
  readonly who: Pick<Operator, 'id' | 'name'>;
  /** The team whose thing it is. */
  readonly owner: string;
  /** Verb and noun: `acknowledge group`. */
  readonly act: string;
  readonly subject: string;
  /** `asked` and `failed` are of acts that another service carries out: what it answered stands in `after`. */
  readonly outcome?: Outcome;
  readonly reason: string | null;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly traceId: string;
}

export const outcomes = ['done', 'asked', 'failed', 'denied'] as const;
export type Outcome = (typeof outcomes)[number];

/** An entry as it is hashed. */
export interface Entry {
  readonly owner: string;
  readonly sequence: number;
  readonly at: Date;
  readonly actor: string;
  readonly actorName: string;
  readonly act: string;
  readonly subject: string;
  readonly outcome: Outcome;
  readonly reason: string | null;
  readonly before: string | null;
  readonly after: string | null;
  readonly traceId: string;
  readonly previous: string;
  readonly hash: string;
}

/** What the first entry of a chain holds in the place of a hash. */
export const BEGINNING = '0'.repeat(64);

export function hashOf(entry: Omit<Entry, 'hash'>): string {
  const { owner, sequence, at, actor, actorName, act, subject, outcome, reason, before, after, traceId, previous } = entry;
  return createHash('sha256').update(JSON.stringify([owner, sequence, at.toISOString(), actor, actorName, act, subject, outcome, reason, before, after, traceId, previous])).digest('hex');
}

const textOf = (value: unknown): string | null => (value === undefined ? null : clean(JSON.stringify(value)));
/** PostgreSQL has no text with NUL in it. */
const clean = (text: string): string => text.replaceAll('\u0000', '\uFFFD');

/** Several at once are of several owners, or in this order. */
export async function audited(tx: PoolClient, ...acts: readonly Act[]): Promise<void> {
  // In one order, so that two acts about the same owners can't wait for each other.
  for (const act of acts.toSorted((a, b) => (a.owner < b.owner ? -1 : a.owner > b.owner ? 1 : 0))) await append(tx, act);
}

async function append(tx: PoolClient, { who, owner, act, subject, outcome = 'done', reason, before, after, traceId }: Act): Promise<void> {
  await tx.query({ name: 'audit-lock', text: `select pg_advisory_xact_lock(hashtextextended('audit/' || $1, 0))`, values: [owner] });
  // A statement of its own: it must not see the chain as it was before the lock was granted.
  const { rows } = await tx.query<{ at: Date; sequence: number; hash: string | null }>({
    name: 'audit-head',
    text: `select date_trunc('milliseconds', clock_timestamp()) as at, coalesce(head.sequence, 0) as sequence, head.hash
      from (select) nothing left join (select sequence, hash from audit.entry where owner = $1 order by sequence desc limit 1) head on true`,
    values: [owner],
  });
  const [head] = rows;
  const unhashed: Omit<Entry, 'hash'> = {
    owner,
    sequence: (head?.sequence ?? 0) + 1,
    at: head?.at ?? new Date(0),
    actor: clean(who.id),
    actorName: clean(who.name),
    act,
    subject: clean(subject),
    outcome,
    reason: reason === null ? null : clean(reason),
    before: textOf(before),
    after: textOf(after),
    traceId,
    previous: head?.hash ?? BEGINNING,
  };
  const entry: Entry = { ...unhashed, hash: hashOf(unhashed) };
  await tx.query({
    name: 'audit-append',
    text: `insert into audit.entry (owner, sequence, at, actor, actor_name, act, subject, outcome, reason, before, after, trace_id, previous, hash)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
    values: [entry.owner, entry.sequence, entry.at, entry.actor, entry.actorName, entry.act, entry.subject, entry.outcome, entry.reason, entry.before, entry.after, entry.traceId, entry.previous, entry.hash],
  });
}
