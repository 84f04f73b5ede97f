/**
 * What this service knows of single keys: what it holds, what it was told, what it sent, what stopped it. Reconciliation reads from it
 * why two ends differ, so that no cause is guessed (X4).
 * Invariants:
 *   1. The content's hash is made of the row as it is now, beside the hash that was stored with it: an edit by hand shows.
 *   2. No personal value leaves this service by this door: equal values are replaced by equal words. What is personal says the version in
 *      which a row is written; of one that this build does not know everything may be.
 */
import { hash as digestOf } from 'node:crypto';
import { type Catalogue, type Contract, contractAt, type EvidenceAnswer, type EvidenceQuestion, type KeyEvidence, maskedValue, shipped } from '@steward/contracts';
import type { PoolClient } from 'pg';
import type { StateTable } from '../digest/tree';

export type SourceEvidence = NonNullable<KeyEvidence['source']>;
/** What an adapter knows besides, by key; absent where there is no source. */
export type ReadSourceEvidence = (tx: Pick<PoolClient, 'query'>, entity: string, keys: readonly string[]) => Promise<ReadonlyMap<string, SourceEvidence>>;

interface Row {
  readonly key: string;
  readonly revision: number | null;
  readonly data: string | null;
  readonly major: number | null;
  readonly hash: string | null;
  readonly stored_hash: string | null;
  readonly changed_at: Date | null;
  readonly message_id: string | null;
  readonly origin: string | null;
  readonly applied_at: Date | null;
  readonly sent: KeyEvidence['sent'];
  readonly letter: KeyEvidence['letter'];
}

/** An answer is one message of 1 MiB; the rest is left for the envelope. */
const MOST_BYTES = 900_000;

const ofReadModel = 't.origin, t.applied_at';
const ofOwner = 'null::text as origin, null::timestamptz as applied_at';

const statement = (table: StateTable): string => `
select u.key, t.revision::float8 as revision, t.data::text as data, t.major, encode(t.hash, 'hex') as stored_hash, t.changed_at, t.message_id::text as message_id,
  case when t.data is not null then left(encode(sha256(convert_to(t.data::text, 'UTF8')), 'hex'), 32) end as hash,
  ${table === 'announced' ? ofOwner : ofReadModel},
  ${table === 'announced' ? sent : 'null::json as sent'}, letter.found as letter
from unnest($2::text[]) as u (key) left join ${table} t on t.entity = $1 and t.key = u.key
left join lateral (
  select json_build_object('id', id, 'class', class, 'consumer', consumer) as found from dead_letter
  where state = 'open' and entity = $1 and key = u.key order by opened_at desc limit 1) letter on true`;

/** Without an index on the key (O1 pays for none), so the outbox is read once for all keys. */
const sent = `(select s.found from sent s where s.key = u.key) as sent`;
const withSent = `
with sent as materialized (
  select distinct on (key) key, json_build_object('revision', revision, 'messageId', message_id, 'publishedAt', published_at, 'epoch', epoch, 'sequence', stream_sequence) as found
  from outbox where entity = $1 and kind = 'state' and key = any($2::text[]) order by key, revision desc, stream_sequence desc nulls last)`;

interface Besides {
  /** What an adapter knows of its reads. */
  readonly ofSource?: ReadSourceEvidence | undefined;
  /** What this build knows of contracts. */
  readonly catalogue?: Catalogue;
}

export async function readEvidence(tx: Pick<PoolClient, 'query'>, table: StateTable, { entity, keys }: EvidenceQuestion, { ofSource, catalogue = shipped }: Besides = {}): Promise<EvidenceAnswer> {
  const { rows } = await tx.query<Row>(`${table === 'announced' ? withSent : ''}${statement(table)}`, [entity, keys]);
  const sources = table === 'announced' ? await ofSource?.(tx, entity, keys) : undefined;
  const answer: KeyEvidence[] = [];
  let bytes = 0;
  for (const row of rows) {
    bytes += 600 + Buffer.byteLength(row.key) + (row.data === null ? 0 : Buffer.byteLength(row.data));
    if (bytes > MOST_BYTES && answer.length > 0) break;
    answer.push(toEvidence(row, row.major === null ? undefined : contractAt(catalogue, { entity, major: row.major }), sources?.get(row.key) ?? null));
  }
  return { keys: answer };
}

function toEvidence(row: Row, contract: Contract | undefined, source: SourceEvidence | null): KeyEvidence {
  const { key, revision, hash, origin, sent: found, letter } = row;
  return {
    key, revision, hash, origin, letter, source,
    data: row.data === null ? null : masked(contract, JSON.parse(row.data)),
    storedHash: row.data === null ? null : row.stored_hash,
    changedAt: row.changed_at?.toISOString() ?? null,
    messageId: row.message_id,
    appliedAt: row.applied_at?.toISOString() ?? null,
    sent: found && { ...found, publishedAt: found.publishedAt === null ? null : new Date(found.publishedAt).toISOString() },
  };
}

/** The data with each personal value replaced by a placeholder; every value is, if no contract says which are personal. Pure. */
export function masked(contract: Pick<Contract, 'piiPaths'> | undefined, data: unknown): unknown {
  return contract === undefined ? maskAll(data) : contract.piiPaths.reduce((left, path) => maskAt(left, path.split('/').slice(1)), data);
}

function maskAt(value: unknown, [name, ...rest]: readonly string[]): unknown {
  if (name === undefined) return wordFor(value);
  if (Array.isArray(value)) return value.map((item: unknown, index) => (name === '*' || name === String(index) ? maskAt(item, rest) : item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, name === '*' || name === key ? maskAt(inner, rest) : (inner as unknown)]));
}

function maskAll(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(maskAll);
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, maskAll(inner)])) : wordFor(value);
}

const wordFor = (value: unknown): unknown => (value === null || value === undefined ? value : maskedValue(digestOf('sha256', JSON.stringify(value), 'hex').slice(0, 12)));
