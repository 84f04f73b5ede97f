/** Cases as their services tell them. A case is its service's: nothing here decides one. */
import type { Case } from '@steward/contracts';
import type { StateChange } from '@steward/event-bus';
import type { PoolClient } from 'pg';
import { tellNews } from '../events/news';
import { noteCritical } from '../notifier/notice.store';

export async function applyCases(tx: PoolClient, changes: readonly StateChange<Case>[]): Promise<void> {
  const gone = changes.filter(({ data }) => data === null).map(({ key }) => key);
  if (gone.length > 0) await tx.query({ name: 'cases-gone', text: 'delete from desk_case where case_id = any($1::text[])', values: [gone] });
  await writeCases(tx, changes.flatMap(({ data }) => (data === null ? [] : [data])));
}

export async function writeCases(tx: PoolClient, cases: readonly Case[]): Promise<void> {
  if (cases.length === 0) return;
  const { rows } = await tx.query<{ case_id: string; fresh: boolean }>({
    name: 'cases-write',
    text: `insert into desk_case select * from json_populate_recordset(null::desk_case, $1)
      on conflict (case_id) do update set service = excluded.service, kind = excluded.kind, entity = excluded.entity, key = excluded.key, summary = excluded.summary, severity = excluded.severity,
        owner_team = excluded.owner_team, owner = excluded.owner, state = excluded.state, opened_at = excluded.opened_at, last_seen_at = excluded.last_seen_at, respond_by = excluded.respond_by,
        closed_at = excluded.closed_at, closed_by = excluded.closed_by, closed_reason = excluded.closed_reason, cause = excluded.cause, exposure = excluded.exposure, counts = excluded.counts, detail = excluded.detail
      returning case_id, (xmax = 0) as fresh`,
    values: [JSON.stringify(cases.map(rowOf))],
  });
  await noteCritical(tx, rows.filter(({ fresh }) => fresh).map(({ case_id }) => case_id));
  await tellNews(tx, cases.map(({ caseId, owner }) => ({ kind: 'case', id: caseId, owner: owner.team })));
}

function rowOf({ caseId, openedAt, lastSeenAt, respondBy, closedAt, closedBy, closedReason, owner, ...same }: Case): Record<string, unknown> {
  return { ...same, case_id: caseId, owner_team: owner.team, owner, opened_at: openedAt, last_seen_at: lastSeenAt, respond_by: respondBy, closed_at: closedAt, closed_by: closedBy, closed_reason: closedReason };
}
