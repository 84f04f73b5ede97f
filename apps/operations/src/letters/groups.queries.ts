import type { CaseOwner } from '@steward/contracts';
import type { Database } from '@steward/platform';
import { entitiesKnown, servicesKnown } from '../query/known';
import { type Asked, listOf } from '../query/list-of';
import type { Fields } from '../query/where';
import { groupedBy } from './group-id';
import { type GroupState, groupStates } from './group-state';
import { classes, nextStepOf } from './next-steps';

const groupFields: Fields = {
  state: { kind: 'text', sql: 'g.state', values: groupStates },
  class: { kind: 'text', sql: 'g.class', values: classes },
  owner: { kind: 'text', sql: 'g.owner_team' },
  consumer: { kind: 'text', sql: 'g.consumer' },
  service: { kind: 'text', sql: 'g.service', values: servicesKnown },
  entity: { kind: 'text', sql: 'g.entity', values: entitiesKnown },
  code: { kind: 'text', sql: 'g.code' },
  assignee: { kind: 'text', sql: 'g.assignee' },
  group: { kind: 'text', sql: 'g.group_id' },
  open: { kind: 'number', sql: 'g.open' },
  regressions: { kind: 'number', sql: 'g.regressions' },
  age: { kind: 'age', sql: 'g.first_seen_at' },
  last: { kind: 'age', sql: 'g.last_seen_at' },
  overdue: { kind: 'flag', sql: 'g.open > 0 and g.respond_by <= now()' },
};

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

const groupColumns = `g.group_id as "groupId", g.service, g.consumer, g.entity, g.class, g.code, g.message, g.frame, g.owner, g.open, g.total, g.first_seen_at as "firstSeenAt",
  g.last_seen_at as "lastSeenAt", g.respond_by as "respondBy", g.state, g.state_since as "stateSince", g.state_by as "stateBy", g.state_reason as "stateReason", g.ignored_until as "ignoredUntil",
  g.assignee, g.regressions, g.operation_id as "operationId"`;

/** The latest seen first. */
export const groups = listOf<GroupRow, object>({
  name: 'groups', columns: groupColumns, from: 'letter_group g', ownedBy: 'g.owner_team = any($1)', fields: groupFields, words: ['g.message', 'g.code', 'g.frame'],
  order: [{ sql: 'g.last_seen_at', is: 'instant' }, { sql: 'g.group_id', is: 'string' }], show: showGroup,
});

/** How many groups and open letters there are by state, for the same filter. */
export async function countGroups(database: Pick<Database, 'query'>, asked: Asked, owners: readonly string[] | null): Promise<object[]> {
  const parameters: unknown[] = [owners];
  return database.query(`select g.state, count(*)::int as groups, sum(g.open)::int as open from letter_group g where ${groups.where(asked, parameters)} group by g.state order by g.state`, parameters);
}

export async function findGroup(database: Pick<Database, 'query'>, id: string): Promise<GroupRow | undefined> {
  const [row] = await database.query<GroupRow>(`select ${groupColumns} from letter_group g where g.group_id = $1`, [id.replaceAll('\0', '')]);
  return row;
}

export function showGroup(row: GroupRow): object {
  const { groupId, operationId, ...rest } = row;
  return {
    id: groupId,
    ...rest,
    overdue: row.open > 0 && row.respondBy !== null && row.respondBy.getTime() <= Date.now(),
    operationId,
    suggested: { ...nextStepOf(row.class), runbook: row.owner.runbook },
    whyGrouped: Object.fromEntries(groupedBy.map((field) => [field, row[field]])),
  };
}
