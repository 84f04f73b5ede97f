/** What people say of a group, in the transaction of its audit entry (I6). */
import type { PoolClient } from 'pg';
import type { Operator } from '../api/roles';
import { conflict, notFound } from '../api/outcomes';
import { tellNews } from '../events/news';
import type { GroupState } from './group-state';

export interface GroupNow {
  readonly group_id: string;
  readonly state: GroupState;
  readonly open: number;
  readonly assignee: string | null;
  readonly ignored_until: Date | null;
  readonly owner_team: string;
}

/** Holds the group until the transaction ends. Throws OPERATIONS_NOT_FOUND. */
export async function lockGroup(tx: PoolClient, id: string): Promise<GroupNow> {
  const { rows } = await tx.query<GroupNow>('select group_id, state, open, assignee, ignored_until, owner_team from letter_group where group_id = $1 for update', [id.replaceAll('\0', '')]);
  const [group] = rows;
  if (group === undefined) throw notFound('group', id);
  return group;
}

export interface Change {
  readonly state?: GroupState;
  readonly assignee?: string | null;
  readonly ignoredUntil?: Date | null;
}

export async function changeGroup(tx: PoolClient, group: GroupNow, { state = group.state, assignee = group.assignee, ignoredUntil = null }: Change, by: Operator, reason: string): Promise<void> {
  await tx.query(
    `update letter_group set state = $2, state_since = now(), state_by = $3, state_reason = $4, assignee = $5, ignored_until = $6 where group_id = $1`,
    [group.group_id, state, by.id, reason, assignee, ignoredUntil],
  );
  await tellNews(tx, [{ kind: 'group', id: group.group_id, owner: group.owner_team }]);
}

/** A group without an open letter needs nobody. */
export function refuseResolved(group: GroupNow): void {
  if (group.open === 0) throw conflict(`group ${group.group_id} is resolved: no letter of it is open`);
}

export async function addNote(tx: PoolClient, group: GroupNow, text: string, by: Operator): Promise<void> {
  await tx.query('insert into group_note (group_id, actor, actor_name, text) values ($1, $2, $3, $4)', [group.group_id, by.id, by.name, text]);
  await tellNews(tx, [{ kind: 'group', id: group.group_id, owner: group.owner_team }]);
}

/** `operationId` null: the job is over; what is still open then waits for somebody again. */
export async function markRetrying(tx: PoolClient, groupIds: readonly string[], operationId: string | null, by: string): Promise<void> {
  const { rows } = await tx.query<{ group_id: string; owner_team: string }>(
    `update letter_group set operation_id = $2, state_since = now(), state_by = $3, ignored_until = null,
        state = case when open = 0 then 'resolved' when $2::text is null then 'open' else 'retrying' end, state_reason = null
      where group_id = any($1::text[]) returning group_id, owner_team`,
    [groupIds, operationId, by],
  );
  await tellNews(tx, rows.map(({ group_id, owner_team }) => ({ kind: 'group', id: group_id, owner: owner_team })));
}

/** Groups whose time of being ignored is over are open again. */
export async function endIgnoring(tx: PoolClient): Promise<number> {
  const { rows } = await tx.query<{ group_id: string; owner_team: string }>(
    `update letter_group set state = 'open', state_since = ignored_until, state_by = 'steward', state_reason = 'the time of ignoring it is over', ignored_until = null
      where state = 'ignored' and ignored_until <= now() returning group_id, owner_team`,
  );
  await tellNews(tx, rows.map(({ group_id, owner_team }) => ({ kind: 'group', id: group_id, owner: owner_team })));
  return rows.length;
}
