import type { CaseOwner } from '@steward/contracts';
import type { Database } from '@steward/platform';
import { instantSql, nameOfList, pageOf, pagePosition, type Page } from '../api/listing';
import { parseQuery, termOf, type Term } from '../query/grammar';
import { type Fields, whereOf } from '../query/where';
import { groupedBy } from './group-id';
import { type GroupState, groupStates } from './group-state';
import { nextStepOf } from './next-steps';

/** What groups are asked by, here and in the selection of a job. */
export const groupFields: Fields = {
  state: { kind: 'text', sql: 'g.state', values: groupStates },
  class: { kind: 'text', sql: 'g.class' },
  owner: { kind: 'text', sql: 'g.owner_team' },
  consumer: { kind: 'text', sql: 'g.consumer' },
  service: { kind: 'text', sql: 'g.service' },
  entity: { kind: 'text', sql: 'g.entity' },
  code: { kind: 'text', sql: 'g.code' },
  assignee: { kind: 'text', sql: 'g.assignee' },
  group: { kind: 'text', sql: 'g.group_id' },
  open: { kind: 'number', sql: 'g.open' },
  regressions: { kind: 'number', sql: 'g.regressions' },
  age: { kind: 'age', sql: 'g.first_seen_at' },
  last: { kind: 'age', sql: 'g.last_seen_at' },
  overdue: { kind: 'flag', sql: 'g.open > 0 and g.respond_by <= now()' },
};
export const groupWords = ['g.message', 'g.code', 'g.frame'];

export interface GroupRow {
  readonly [column: string]: unknown;
  readonly groupId: string;
  readonly service: string;
  readonly consumer: string;
  readonly entity: string | null;
  readonly class: string;
  readonly code: string | null;
  readonly message: string;
  readonly frame: string | null;
  readonly owner: CaseOwner;
  readonly open: number;
  readonly total: number;
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
  readonly respondBy: Date | null;
  readonly state: GroupState;
  readonly stateSince: Date;
  readonly stateBy: string;
  readonly stateReason: string | null;
  readonly ignoredUntil: Date | null;
  readonly assignee: string | null;
  readonly regressions: number;
  readonly operationId: string | null;
}

export const groupColumns = `g.group_id as "groupId", g.service, g.consumer, g.entity, g.class, g.code, g.message, g.frame, g.owner, g.open, g.total, g.first_seen_at as "firstSeenAt",
  g.last_seen_at as "lastSeenAt", g.respond_by as "respondBy", g.state, g.state_since as "stateSince", g.state_by as "stateBy", g.state_reason as "stateReason", g.ignored_until as "ignoredUntil",
  g.assignee, g.regressions, g.operation_id as "operationId"`;

export interface GroupsAsked {
  readonly q?: string | undefined;
  readonly state?: string | undefined;
  readonly class?: string | undefined;
  readonly owner?: string | undefined;
  readonly consumer?: string | undefined;
  readonly first: number;
  readonly after?: string | undefined;
}

const termsOf = ({ q, state, class: kind, owner, consumer }: GroupsAsked): Term[] => [
  ...parseQuery(q ?? ''), ...termOf('state', state), ...termOf('class', kind), ...termOf('owner', owner), ...termOf('consumer', consumer),
];

/** `owners`: whose groups are shown; null = everybody's. The latest seen first. */
export async function listGroups(database: Pick<Database, 'query'>, asked: GroupsAsked, owners: readonly string[] | null): Promise<Page<object>> {
  const { first, after } = asked;
  const terms = termsOf(asked);
  const list = nameOfList('groups', terms);
  const position = pagePosition(list, after, ['instant', 'string']);
  const parameters: unknown[] = [owners, ...(position ?? [null, null]), first + 1];
  const where = whereOf(terms, groupFields, groupWords, parameters);
  const rows = await database.query<GroupRow & { position: string }>(
    `select ${groupColumns}, ${instantSql('g.last_seen_at')} as position from letter_group g
      where ($1::text[] is null or g.owner_team = any($1)) and ($2::timestamptz is null or (g.last_seen_at, g.group_id) < ($2, $3)) and ${where}
      order by g.last_seen_at desc, g.group_id desc limit $4`,
    parameters,
  );
  return pageOf(list, first, rows, (row) => [row.position, row.groupId], showGroup);
}

/** How many groups and open letters there are by state, for the same filter. */
export async function countGroups(database: Pick<Database, 'query'>, asked: GroupsAsked, owners: readonly string[] | null): Promise<object[]> {
  const parameters: unknown[] = [owners];
  const where = whereOf(termsOf(asked), groupFields, groupWords, parameters);
  return database.query(
    `select g.state, count(*)::int as groups, sum(g.open)::int as open from letter_group g where ($1::text[] is null or g.owner_team = any($1)) and ${where} group by g.state order by g.state`,
    parameters,
  );
}

export async function findGroup(database: Pick<Database, 'query'>, id: string): Promise<GroupRow | undefined> {
  const [row] = await database.query<GroupRow>(`select ${groupColumns} from letter_group g where g.group_id = $1`, [id.replaceAll('\0', '')]);
  return row;
}

export function showGroup(row: GroupRow): object {
  const { groupId, operationId, position: _position, ...rest } = row;
  return {
    id: groupId,
    ...rest,
    overdue: row.open > 0 && row.respondBy !== null && row.respondBy.getTime() <= Date.now(),
    operationId,
    suggested: { ...nextStepOf(row.class), runbook: row.owner.runbook },
    whyGrouped: Object.fromEntries(groupedBy.map((field) => [field, row[field]])),
  };
}

