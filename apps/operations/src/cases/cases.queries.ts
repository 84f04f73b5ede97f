import type { CaseOwner } from '@steward/contracts';
import type { Database } from '@steward/platform';
import { instantSql, nameOfList, pageOf, pagePosition, type Page } from '../api/listing';
import { parseQuery, termOf, type Term } from '../query/grammar';
import { type Fields, whereOf } from '../query/where';

const caseFields: Fields = {
  state: { kind: 'text', sql: 'c.state', values: ['open', 'released', 'refused', 'repaired', 'resolved'] },
  kind: { kind: 'text', sql: 'c.kind' },
  severity: { kind: 'text', sql: 'c.severity' },
  owner: { kind: 'text', sql: 'c.owner_team' },
  service: { kind: 'text', sql: 'c.service' },
  entity: { kind: 'text', sql: 'c.entity' },
  key: { kind: 'text', sql: 'c.key' },
  cause: { kind: 'text', sql: 'c.cause' },
  age: { kind: 'age', sql: 'c.opened_at' },
  overdue: { kind: 'flag', sql: `c.state = 'open' and c.respond_by <= now()` },
};

export interface CaseRow {
  readonly [column: string]: unknown;
  readonly caseId: string;
  readonly service: string;
  readonly kind: string;
  readonly entity: string | null;
  readonly state: string;
  readonly closedBy: string | null;
  readonly closedReason: string | null;
  readonly owner: CaseOwner;
  readonly counts: { readonly affected: number; readonly total: number } | null;
}

const columns = `c.case_id as "caseId", c.service, c.kind, c.entity, c.key, c.summary, c.severity, c.owner, c.state, c.opened_at as "openedAt", c.last_seen_at as "lastSeenAt", c.respond_by as "respondBy",
  c.closed_at as "closedAt", c.closed_by as "closedBy", c.closed_reason as "closedReason", c.cause, c.exposure, c.counts, c.detail`;

export interface CasesAsked {
  readonly q?: string | undefined;
  readonly state?: string | undefined;
  readonly kind?: string | undefined;
  readonly owner?: string | undefined;
  readonly severity?: string | undefined;
  readonly first: number;
  readonly after?: string | undefined;
}

/** The latest opened first. */
export async function listCases(database: Pick<Database, 'query'>, { q, state, kind, owner, severity, first, after }: CasesAsked, owners: readonly string[] | null): Promise<Page<object>> {
  const terms: Term[] = [...parseQuery(q ?? ''), ...termOf('state', state), ...termOf('kind', kind), ...termOf('owner', owner), ...termOf('severity', severity)];
  const list = nameOfList('cases', terms);
  const position = pagePosition(list, after, ['instant', 'string']);
  const parameters: unknown[] = [owners, ...(position ?? [null, null]), first + 1];
  const where = whereOf(terms, caseFields, ['c.summary', 'c.key'], parameters);
  const rows = await database.query<CaseRow & { position: string }>(
    `select ${columns}, ${instantSql('c.opened_at')} as position from desk_case c
      where ($1::text[] is null or c.owner_team = any($1)) and ($2::timestamptz is null or (c.opened_at, c.case_id) < ($2, $3)) and ${where}
      order by c.opened_at desc, c.case_id desc limit $4`,
    parameters,
  );
  return pageOf(list, first, rows, (row) => [row.position, row.caseId], showCase);
}

export async function findCase(database: Pick<Database, 'query'>, id: string): Promise<CaseRow | undefined> {
  const [row] = await database.query<CaseRow>(`select ${columns} from desk_case c where c.case_id = $1`, [id.replaceAll('\0', '')]);
  return row;
}

export function showCase({ position: _position, ...rest }: CaseRow): object {
  return rest;
}
