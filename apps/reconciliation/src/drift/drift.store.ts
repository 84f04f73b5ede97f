/**
 * What was found, until a look proves it gone (X3).
 * 1. One open row a check and key: what is found again is the same drift.
 * 2. What somebody accepted opens again only with another content.
 * 3. Every act has a name and a reason, in the transaction of the act (I6).
 */
import { hash } from 'node:crypto';
import type { DriftRow } from '@steward/contracts';
import type { Database } from '@steward/platform';
import type { PoolClient } from 'pg';
import type { Check, Finding } from '../check/define-check';

type Tx = Pick<PoolClient, 'query'>;

const record = `
with found as (
  select * from json_to_recordset($2::json) as f(key text, kind text, cause text, fields json, left_side json, right_side json, authority text, evidence json, exposure json, letter json, content_hash text)
), accepted as (
  select f.key from found f where exists (select from drift d where d.name = $1 and d.key = f.key and d.state = 'accepted' and d.content_hash = f.content_hash)
)
insert into drift as d (name, entity, key, kind, cause, fields, left_side, right_side, authority, evidence, exposure, letter, owner, policy, content_hash, opened_at, last_seen_at, respond_by)
select $1, $3, f.key, f.kind, f.cause, f.fields, f.left_side, f.right_side, f.authority, f.evidence, f.exposure, f.letter, $4::json, $5, f.content_hash, $6, $6, $7
from found f where f.key not in (select key from accepted) order by f.key
on conflict (name, key) where state = 'open' do update set
  kind = excluded.kind, cause = case when excluded.cause = 'unknown' then d.cause else excluded.cause end, fields = excluded.fields, left_side = excluded.left_side, right_side = excluded.right_side,
  evidence = excluded.evidence, exposure = excluded.exposure, letter = excluded.letter, content_hash = excluded.content_hash, last_seen_at = excluded.last_seen_at
returning (xmax = 0) as fresh`;

/** Returns how many are new. */
export async function recordDrift(tx: Tx, check: Check, found: readonly Finding[], now: Date): Promise<number> {
  if (found.length === 0) return 0;
  const rows = found.map(({ left, right, ...finding }) => ({ ...finding, left_side: left, right_side: right, content_hash: contentOf(finding) }));
  const { contract } = check;
  const result = await tx.query<{ fresh: boolean }>({
    name: 'drift-record',
    text: record,
    values: [check.name, JSON.stringify(rows), contract.entity, JSON.stringify(contract.owner), check.repair, now, new Date(now.getTime() + contract.deadLetter.respondWithinMs)],
  });
  return result.rows.filter(({ fresh }) => fresh).length;
}

/** What a person accepts is this difference, not whatever differs under this key later. */
const contentOf = ({ kind, fields }: Pick<Finding, 'kind' | 'fields'>): string => hash('sha256', JSON.stringify([kind, fields]), 'hex').slice(0, 32);

/** Of these keys, those whose drift is open, closed: by the repair that was asked for, or by itself. */
export async function closeAgreed(tx: Tx, name: string, keys: readonly string[], now: Date): Promise<number> {
  if (keys.length === 0) return 0;
  const { rowCount } = await tx.query({
    name: 'drift-close',
    text: `update drift set state = case when repairs > 0 then 'repaired' else 'resolved' end, closed_at = $3, closed_by = 'steward', repair_asked_at = null,
        closed_reason = case when repairs > 0 then 'both ends agree again after the owner announced it' else 'both ends agree by themselves' end
      where name = $1 and key = any($2::text[]) and state = 'open'`,
    values: [name, keys, now],
  });
  return rowCount ?? 0;
}

export async function openKeys(database: Pick<Database, 'query'>, name: string, most: number): Promise<string[]> {
  const rows = await database.query<{ key: string }>(`select key from drift where name = $1 and state = 'open' order by key limit $2`, [name, most]);
  return rows.map(({ key }) => key);
}

export interface RepairCandidate {
  readonly id: string;
  readonly name: string;
  readonly key: string;
  readonly kind: DriftRow['kind'];
  readonly cause: DriftRow['cause'];
  readonly state: DriftRow['state'];
  /** What the end that is wrong holds: a repair has to be above it. */
  readonly held: number | null;
}

const candidate = `id, name, key, kind, cause, state, (right_side ->> 'revision')::float8 as held`;

/** Tried so often by itself; then it waits for a person. */
const MOST_REPAIRS = 3;

export async function dueRepairs(database: Pick<Database, 'query'>, name: string, most: number): Promise<RepairCandidate[]> {
  return database.query<RepairCandidate & Record<string, unknown>>(
    `select ${candidate} from drift where name = $1 and state = 'open' and policy = 'automatic' and repair_asked_at is null and repairs < ${String(MOST_REPAIRS)} order by key limit $2`,
    [name, most],
  );
}

export async function candidates(database: Pick<Database, 'query'>, ids: readonly string[]): Promise<RepairCandidate[]> {
  return database.query<RepairCandidate & Record<string, unknown>>(`select ${candidate} from drift where id = any($1::uuid[]) order by name, key`, [ids]);
}

export interface ActBy {
  readonly actor: string;
  readonly reason: string;
}

export async function noteRepairs(tx: Tx, ids: readonly string[], { actor, reason }: ActBy, now: Date): Promise<void> {
  await tx.query(`update drift set repairs = repairs + 1, repair_asked_at = $2 where id = any($1::uuid[]) and state = 'open'`, [ids, now]);
  await tx.query(`insert into drift_act (drift_id, act, actor, reason, at) select unnest($1::uuid[]), 'repair', $2, $3, $4`, [ids, actor, reason, now]);
}

/** Repairs that are under way: asked for, and not proved. */
export async function underRepair(database: Pick<Database, 'query'>, name: string, most: number): Promise<{ key: string; askedAt: Date }[]> {
  return database.query<{ key: string; askedAt: Date }>(
    `select key, repair_asked_at as "askedAt" from drift where name = $1 and state = 'open' and repair_asked_at is not null order by key limit $2`, [name, most]);
}

export async function giveUpRepairs(tx: Tx, name: string, askedBefore: Date): Promise<void> {
  await tx.query(`update drift set repair_asked_at = null where name = $1 and state = 'open' and repair_asked_at < $2`, [name, askedBefore]);
}

export async function acceptDrift(tx: Tx, ids: readonly string[], { actor, reason }: ActBy, now: Date): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(
    `with accepted as (
        update drift set state = 'accepted', closed_at = $4, closed_by = $2, closed_reason = $3, repair_asked_at = null where id = any($1::uuid[]) and state = 'open' returning id
      ), noted as (insert into drift_act (drift_id, act, actor, reason, at) select id, 'accept', $2, $3, $4 from accepted)
      select id from accepted`,
    [ids, actor, reason, now],
  );
  return rows.map(({ id }) => id);
}

export async function countOpenDrift(database: Pick<Database, 'query'>): Promise<{ name: string; entity: string; cause: string; count: number }[]> {
  return database.query<{ name: string; entity: string; cause: string; count: number }>(`select name, entity, cause, count(*)::float8 as count from drift where state = 'open' group by 1, 2, 3`);
}

const PAGE = 100;

export async function listDrift(database: Pick<Database, 'query'>, wanted: { ids?: readonly string[] | undefined; check?: string | undefined; after?: string | null | undefined }): Promise<{ drift: DriftRow[]; next: string | null }> {
  const rows = await database.query<DriftRow & Record<string, unknown>>(
    `select id, name as check, entity, key, kind, cause, state, fields, left_side as left, right_side as right, authority, evidence, exposure, letter, policy, repairs,
       opened_at as "openedAt", last_seen_at as "lastSeenAt", closed_at as "closedAt"
     from drift where ($1::uuid[] is null or id = any($1)) and ($2::text is null or name = $2) and ($1::uuid[] is not null or state = 'open') and ($3::uuid is null or id > $3) order by id limit $4`,
    [wanted.ids ?? null, wanted.check ?? null, wanted.after ?? null, PAGE],
  );
  return { drift: rows, next: rows.length === PAGE ? (rows.at(-1)?.id ?? null) : null };
}
