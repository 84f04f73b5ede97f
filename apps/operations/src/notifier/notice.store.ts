/** What owners are told of, written in the transaction of what happened: an endpoint that is down loses nothing. */
import type { PoolClient } from 'pg';

/** Groups that opened again after they were resolved. */
export async function noteRegressed(tx: PoolClient, groupIds: readonly string[]): Promise<void> {
  await tx.query({
    name: 'notice-regressed',
    text: `insert into notice (kind, subject, occurrence, owner_team, owner, target, summary, detail)
      select 'regressed', 'group ' || group_id, regressions::text, owner_team, owner, owner ->> 'contact', left('came back after it was resolved: ' || message, 500),
        json_build_object('group', group_id, 'service', service, 'consumer', consumer, 'entity', entity, 'class', class, 'code', code, 'open', open, 'regressions', regressions)
      from letter_group where group_id = any($1::text[]) on conflict do nothing`,
    values: [groupIds],
  });
}

/** Cases that somebody has to know of at once. */
export async function noteCritical(tx: PoolClient, caseIds: readonly string[]): Promise<void> {
  await tx.query({
    name: 'notice-critical',
    text: `insert into notice (kind, subject, occurrence, owner_team, owner, target, summary, detail)
      select 'critical-case', 'case ' || case_id, 'opened', owner_team, owner, owner ->> 'escalation', summary,
        json_build_object('case', case_id, 'service', service, 'kind', kind, 'entity', entity, 'openedAt', opened_at)
      from desk_case where case_id = any($1::text[]) and severity = 'critical' on conflict do nothing`,
    values: [caseIds],
  });
}

/**
 * Deadlines that have passed since the last time: once each. Who has acknowledged a group is working on it, so its contact is told; of what
 * nobody has seen the escalation is.
 */
export async function noteDeadlines(tx: PoolClient): Promise<number> {
  const { rowCount } = await tx.query(`
    with due as (
      update letter_group set told_deadline = respond_by
      where open > 0 and respond_by <= now() and told_deadline is distinct from respond_by and state not in ('resolved', 'ignored')
      returning *
    )
    insert into notice (kind, subject, occurrence, owner_team, owner, target, summary, detail)
    select 'deadline-passed', 'group ' || group_id, respond_by::text, owner_team, owner, case when state = 'acknowledged' then owner ->> 'contact' else owner ->> 'escalation' end,
      left('nobody has answered in time: ' || message, 500),
      json_build_object('group', group_id, 'service', service, 'consumer', consumer, 'entity', entity, 'class', class, 'code', code, 'open', open, 'state', state, 'assignee', assignee, 'respondBy', respond_by)
    from due on conflict do nothing`);
  const { rowCount: cases } = await tx.query(`
    with due as (
      update desk_case set told_deadline = respond_by
      where state = 'open' and respond_by <= now() and told_deadline is distinct from respond_by
      returning *
    )
    insert into notice (kind, subject, occurrence, owner_team, owner, target, summary, detail)
    select 'deadline-passed', 'case ' || case_id, respond_by::text, owner_team, owner, owner ->> 'escalation', summary,
      json_build_object('case', case_id, 'service', service, 'kind', kind, 'entity', entity, 'respondBy', respond_by)
    from due on conflict do nothing`);
  return (rowCount ?? 0) + (cases ?? 0);
}
