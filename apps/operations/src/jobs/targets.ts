/** Which letters a selection means: read from what their holders tell, never from the holders' tables. */
import type { Database } from '@steward/platform';
import type { PoolClient } from 'pg';
import { markRetrying } from '../letters/groups.store';
import { letterFields, letterWords } from '../letters/letters.queries';
import { parseQuery } from '../query/grammar';
import { whereOf } from '../query/where';
import type { Selection } from './job.store';

/** Adds what it compares with to `values`. */
function whereLetters({ group, letters, query, operation, entity, from, to }: Selection, values: unknown[]): string {
  const place = (value: unknown): string => `$${String(values.push(value))}`;
  const conditions: string[] = [];
  if (group !== undefined) conditions.push(`l.group_id = ${place(group)}`);
  if (letters !== undefined) conditions.push(`l.letter_id = any(${place(letters)}::text[])`);
  if (query !== undefined) conditions.push(whereOf(parseQuery(query), letterFields, letterWords, values));
  if (operation !== undefined) conditions.push(`l.letter_id in (select item from job_member where job_id = ${place(operation)}::uuid and state = 'failed')`);
  if (entity !== undefined) conditions.push(`l.entity = ${place(entity)}`);
  if (from !== undefined) conditions.push(`l.opened_at >= ${place(from)}::timestamptz`);
  if (to !== undefined) conditions.push(`l.opened_at < ${place(to)}::timestamptz`);
  return conditions.length === 0 ? 'false' : conditions.map((condition) => `(${condition})`).join(' and ');
}

/** Security cases are read and closed one by one; no job touches them (B9). */
const open = `l.state = 'open' and l.kind = 'letter'`;
/** Service by service, and in it in the order in which a key's letters have to be applied. */
const inOrder = 'l.service, l.entity, l.key, coalesce(l.sequence, l.revision), l.opened_at, l.letter_id';

export interface LetterCount {
  readonly known: number;
  readonly open: number;
  readonly teams: readonly string[];
  readonly entities: readonly string[];
}

export async function countLetters(database: Pick<Database, 'query'>, selection: Selection): Promise<LetterCount> {
  const values: unknown[] = [];
  const [row] = await database.query<{ known: number; open: number; teams: string[] | null; entities: (string | null)[] | null }>(
    `select count(*)::int as known, count(*) filter (where ${open})::int as open, array_agg(distinct l.owner_team) filter (where ${open}) as teams,
      array_agg(distinct l.entity) filter (where ${open}) as entities from letter l where ${whereLetters(selection, values)}`,
    values,
  );
  return { known: row?.known ?? 0, open: row?.open ?? 0, teams: row?.teams ?? [], entities: (row?.entities ?? []).filter((each) => each !== null) };
}

export async function openLetters(database: Pick<Database, 'query'>, selection: Selection, limit: number): Promise<{ id: string; service: string }[]> {
  const values: unknown[] = [];
  return database.query<{ id: string; service: string }>(
    `select l.letter_id as id, l.service from letter l where ${open} and ${whereLetters(selection, values)} order by ${inOrder} limit ${String(limit)}`, values);
}

/** C6: the membership of the click, in the transaction of the click. */
export async function freezeLetters(tx: PoolClient, job: string, selection: Selection): Promise<number> {
  const values: unknown[] = [job];
  const { rows } = await tx.query<{ n: number }>(
    `with frozen as (insert into job_member (job_id, place, target, entity, item)
        select $1::uuid, row_number() over (order by ${inOrder}) - 1, l.service, l.entity, l.letter_id from letter l where ${open} and ${whereLetters(selection, values)} returning 1)
      update job set total = c.n, requested = c.n from (select count(*)::int as n from frozen) c where id = $1::uuid returning c.n`,
    values,
  );
  return rows[0]?.n ?? 0;
}

/** Letters that the same selection would find today and the job does not have. */
export async function newSince(database: Pick<Database, 'query'>, job: string, selection: Selection): Promise<number> {
  if (selection.letters !== undefined || selection.operation !== undefined) return 0;
  const values: unknown[] = [job];
  const rows = await database.query<{ count: number }>(
    `select count(*)::int as count from letter l where ${open} and ${whereLetters(selection, values)} and not exists (select from job_member m where m.job_id = $1::uuid and m.item = l.letter_id)`, values);
  return rows[0]?.count ?? 0;
}

/** Groups show the job that works on them, and wait for somebody again when it is over. */
export async function markGroups(tx: PoolClient, job: string, by: string): Promise<void> {
  const { rows } = await tx.query<{ id: string }>(`select distinct l.group_id as id from job_member m join letter l on l.letter_id = m.item where m.job_id = $1 order by 1`, [job]);
  if (rows.length > 0) await markRetrying(tx, rows.map(({ id }) => id), job, by);
}

export async function releaseGroups(tx: PoolClient, job: string): Promise<void> {
  const { rows } = await tx.query<{ id: string }>('select group_id as id from letter_group where operation_id = $1 order by 1', [job]);
  if (rows.length > 0) await markRetrying(tx, rows.map(({ id }) => id), null, 'steward');
}
