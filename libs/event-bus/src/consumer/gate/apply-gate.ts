/**
 * The apply gate (C1): the only statement that writes a stored part. Live traffic, replay, redrive and repair pass through it.
 * 1. A revision is stored only over a lower one (I3), so order, duplicates and replays can't hurt.
 * 2. One statement for the whole batch. UNNEST refuses a key twice, so the highest revision of a key wins before it is built.
 * 3. Keys are sorted: two batches that share keys take the row locks in the same order and can't deadlock.
 * 4. A tombstone is a row with `data` null that keeps its revision (C12): a late older update can't resurrect, until it is older than
 *    anything that can still come (retention.ts).
 * 5. What did not move is either known (same revision and content, or an edited letter of the same message), older, or a conflict: same revision, other content.
 * Rejected: reading the revisions first (a second writer slips between), `merge` (takes no part in ON CONFLICT's locking and
 * fails on concurrent inserts), one upsert a row (1.6 k/s against 60 k/s).
 */
import type { Contract } from '@steward/contracts';
import type { PoolClient } from 'pg';
import { digestMoves, keepDigest } from '../../digest/kept';
import { type Envelope, majorOf } from '../../envelope';
import type { StateChange } from '../declarations';

/** One state on its way through the gate; `hash` is that of the body, hexadecimal. */
export interface Part {
  readonly envelope: Envelope;
  readonly data: unknown;
  readonly hash: string;
}

export interface Passage<P extends Part = Part> {
  /** Moved, sorted by key. */
  readonly moved: StateChange[];
  /** Seen before: same revision, same content. */
  readonly duplicates: P[];
  /** A higher revision is stored, or came in the same batch. */
  readonly superseded: P[];
  /** The stored revision has other content: somebody gave one revision twice. Never applied, never dropped. */
  readonly conflicts: P[];
}

// What is kept of the digest changes with the rows (X1): 2 % of the statement.
export const gateStatement = `
with moved as (
insert into stored_part (entity, key, revision, data, hash, changed_at, origin, message_id, deleted_at, major)
select $1, u.key, u.revision, u.data::json, decode(u.hash, 'hex'), u.changed_at, u.origin, u.message_id, case when u.data is null then now() end, u.major
from unnest($2::text[], $3::bigint[], $4::text[], $5::text[], $6::timestamptz[], $7::text[], $8::uuid[], $9::smallint[])
  as u(key, revision, data, hash, changed_at, origin, message_id, major)
on conflict (entity, key) do update set
  revision = excluded.revision, data = excluded.data, hash = excluded.hash, changed_at = excluded.changed_at,
  origin = excluded.origin, message_id = excluded.message_id, applied_at = now(),
  deleted_at = excluded.deleted_at, major = excluded.major
where stored_part.revision < excluded.revision
returning ${digestMoves}
), kept as (${keepDigest('stored_part', 'moved')}
)
select key from moved`;

const knownStatement = `select key, revision, encode(hash, 'hex'), case when origin = 'redrive' then message_id end from stored_part where entity = $1 and key = any($2::text[])`;

export type Gate = <P extends Part>(tx: PoolClient, contract: Contract, parts: readonly P[]) => Promise<Passage<P>>;

/** Takes the statement as an argument so that a test can show that its checks catch one without the guard (T3). */
export function gateOf(name: string, statement: string): Gate {
  return async <P extends Part>(tx: PoolClient, contract: Contract, parts: readonly P[]): Promise<Passage<P>> => {
    const passage = { moved: [] as StateChange[], duplicates: [] as P[], superseded: [] as P[], conflicts: [] as P[] };
    if (parts.length === 0) return passage;
    const { winners, losers } = newestOfEachKey(parts);
    const result = await tx.query<[string]>({ name, text: statement, rowMode: 'array', values: [contract.entity, ...columnsOf(winners)] });
    const moved = new Set(result.rows.map(([key]) => key));
    const still: P[] = [];
    for (const part of winners) {
      if (moved.has(part.envelope.key)) passage.moved.push(toChange(part));
      else still.push(part);
    }
    const older = still.concat(losers);
    // Only what did not move costs a second look: bulk redelivery (B6) is a read by key.
    if (older.length > 0) sort(passage, older, await storedOf(tx, contract, older));
    return passage;
  };
}

export const applyGate = gateOf('steward_gate', gateStatement);

function newestOfEachKey<P extends Part>(parts: readonly P[]): { winners: P[]; losers: P[] } {
  const newest = new Map<string, P>();
  const losers: P[] = [];
  for (const part of parts) {
    const known = newest.get(part.envelope.key);
    if (known && revisionOf(known) >= revisionOf(part)) {
      losers.push(part);
      continue;
    }
    if (known) losers.push(known);
    newest.set(part.envelope.key, part);
  }
  const winners = [...newest.values()].sort((a, b) => (a.envelope.key < b.envelope.key ? -1 : 1));
  return { winners, losers };
}

function columnsOf(parts: readonly Part[]): unknown[] {
  const columns: [string[], number[], (string | null)[], string[], string[], string[], string[], number[]] = [[], [], [], [], [], [], [], []];
  for (const { envelope, hash } of parts) {
    columns[0].push(envelope.key);
    columns[1].push(revisionOf({ envelope }));
    columns[2].push(envelope.tombstone ? null : envelope.body);
    columns[3].push(hash);
    columns[4].push(envelope.time);
    columns[5].push(envelope.origin);
    columns[6].push(envelope.id);
    columns[7].push(majorOf(envelope));
  }
  return columns;
}

interface Known {
  readonly revision: number;
  readonly hash: string;
  /** The message, if it was applied by hand. */
  readonly redriven: string | null;
}

async function storedOf(tx: PoolClient, contract: Contract, parts: readonly Part[]): Promise<Map<string, Known>> {
  const keys = [...new Set(parts.map((part) => part.envelope.key))];
  const { rows } = await tx.query<[string, string, string, string | null]>({ name: 'steward_gate_known', text: knownStatement, rowMode: 'array', values: [contract.entity, keys] });
  return new Map(rows.map(([key, revision, hash, redriven]) => [key, { revision: Number(revision), hash, redriven }]));
}

function sort<P extends Part>(passage: Pick<Passage<P>, 'duplicates' | 'superseded' | 'conflicts'>, parts: readonly P[], stored: Map<string, Known>): void {
  for (const part of parts) {
    const known = stored.get(part.envelope.key);
    // A row that blocked the upsert and is gone again can only have been purged: nothing newer contradicts this part, but it was not applied.
    if (!known) throw new Error(`stored part ${part.envelope.key} vanished between gate and look-up`);
    if (known.revision !== revisionOf(part)) passage.superseded.push(part);
    // C6: what was edited and applied by hand is this very message; that it comes once more as it was is no news.
    else if (known.hash === part.hash || known.redriven === part.envelope.id) passage.duplicates.push(part);
    else passage.conflicts.push(part);
  }
}

export function toChange({ envelope, data }: Part): StateChange {
  return { key: envelope.key, revision: revisionOf({ envelope }), data: envelope.tombstone ? null : data, envelope };
}

function revisionOf({ envelope }: Pick<Part, 'envelope'>): number {
  if (envelope.revision === null) throw new TypeError(`${envelope.type} ${envelope.id} carries no revision`);
  return envelope.revision;
}
