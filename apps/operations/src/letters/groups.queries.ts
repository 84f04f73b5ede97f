import type { Database } from '@steward/platform';
import { z } from 'zod';
import { type Answered, owner, storedInstant } from '../api/answer';
import { entitiesKnown, servicesKnown } from '../query/known';
import { type Asked, listOf } from '../query/list-of';
import type { Fields } from '../query/where';
import { groupedBy } from './group-id';
import { groupStates } from './group-state';
import { classes, nextStepOf, suggested } from './next-steps';

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

const groupShape = z.object({
  service: z.string(), consumer: z.string(), entity: z.string().nullable(), class: z.string(), code: z.string().nullable(), message: z.string(), frame: z.string().nullable(), owner,
  open: z.int().describe('Letters of it that are open.'), total: z.int(), firstSeenAt: storedInstant, lastSeenAt: storedInstant, respondBy: storedInstant.nullable().describe('Of the open letter whose time ends first.'),
  state: z.enum(groupStates), stateSince: storedInstant, stateBy: z.string().describe('`steward` = by itself.'), stateReason: z.string().nullable(), ignoredUntil: storedInstant.nullable(),
  assignee: z.string().nullable(), regressions: z.int().describe('How often it came back after it was resolved.'), operationId: z.string().nullable().describe('The job that works on it.'),
});
export type GroupRow = Answered<typeof groupShape> & { readonly groupId: string };

export const groupView = groupShape
  .extend({ id: z.string(), overdue: z.boolean(), suggested, whyGrouped: groupShape.pick({ service: true, consumer: true, entity: true, class: true, code: true, message: true, frame: true }).describe('What its letters have in common.') })
  .meta({ id: 'Group', description: 'Letters of one cause.' });

export const groupCount = z.object({ state: z.enum(groupStates), groups: z.int(), open: z.int() });

const groupColumns = `g.group_id as "groupId", g.service, g.consumer, g.entity, g.class, g.code, g.message, g.frame, g.owner, g.open, g.total, g.first_seen_at as "firstSeenAt",
  g.last_seen_at as "lastSeenAt", g.respond_by as "respondBy", g.state, g.state_since as "stateSince", g.state_by as "stateBy", g.state_reason as "stateReason", g.ignored_until as "ignoredUntil",
  g.assignee, g.regressions, g.operation_id as "operationId"`;

/** The latest seen first. */
export const groups = listOf<GroupRow, Answered<typeof groupView>>({
  name: 'groups', columns: groupColumns, from: 'letter_group g', ownedBy: 'g.owner_team = any($1)', fields: groupFields, words: ['g.message', 'g.code', 'g.frame'],
  order: [{ sql: 'g.last_seen_at', is: 'instant' }, { sql: 'g.group_id', is: 'string' }], show: showGroup,
});

/** How many groups and open letters there are by state, for the same filter. */
export async function countGroups(database: Pick<Database, 'query'>, asked: Asked, owners: readonly string[] | null): Promise<readonly Answered<typeof groupCount>[]> {
  const parameters: unknown[] = [owners];
  return database.query<Answered<typeof groupCount>>(`select g.state, count(*)::int as groups, sum(g.open)::int as open from letter_group g where ${groups.where(asked, parameters)} group by g.state order by g.state`, parameters);
}

export async function findGroup(database: Pick<Database, 'query'>, id: string): Promise<GroupRow | undefined> {
  const [row] = await database.query<GroupRow>(`select ${groupColumns} from letter_group g where g.group_id = $1`, [id.replaceAll('\0', '')]);
  return row;
}

export function showGroup(row: GroupRow): Answered<typeof groupView> {
  const { groupId, operationId, ...rest } = row;
  return {
    id: groupId,
    ...rest,
    overdue: row.open > 0 && row.respondBy !== null && row.respondBy.getTime() <= Date.now(),
    operationId,
    suggested: { ...nextStepOf(row.class), runbook: row.owner.runbook },
    whyGrouped: Object.fromEntries(groupedBy.map((field) => [field, row[field]])) as Pick<GroupRow, (typeof groupedBy)[number]>,
  };
}
