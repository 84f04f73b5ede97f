/**
 * What needs somebody now, ranked by harm × age. Harm is a guess that is written down: what kind of failure, how much of it, whether money
 * or stock hang on it, whether it came back. It only has to put first what a person would look at first.
 */
import { contracts } from '@steward/contracts';
import type { Database } from '@steward/platform';
import { z } from 'zod';
import { type Answered, owner, storedInstant } from '../api/answer';
import { nextStepOf } from '../letters/next-steps';

const harmOfClass = { security: 10, poison: 5, bug: 5, contract: 4, mapping: 4, conflict: 4, gap: 4, auth: 4, business: 3, awaiting: 2, transient: 1, 'rate-limited': 1 };
const harmOfSeverity = { critical: 12, warning: 4, info: 1 };
const dear = contracts.filter(({ fourEyes }) => fourEyes).map(({ entity }) => entity);
const MOST = 20;

const row = z.object({
  what: z.enum(['group', 'case']), id: z.string(), service: z.string(), entity: z.string().nullable(), class: z.string().nullable().describe('Of a group.'), kind: z.string().nullable().describe('Of a case.'), summary: z.string(), state: z.string(),
  affected: z.int().nullable(), owner, assignee: z.string().nullable(), since: storedInstant, respondBy: storedInstant.nullable(), overdue: z.boolean(), score: z.number().describe('Harm by age: the highest first.'),
});

export const urgentView = row.extend({ next: z.string().nullable().describe('What to try first.'), link: z.string().describe('Below /ops/v1.') }).meta({ id: 'Urgent', description: 'A group or a case that needs somebody now.' });

const letterCounts = z.object({ groups: z.int(), letters: z.int(), regressed: z.int(), overdue: z.int() });
const caseCount = z.object({ kind: z.string(), open: z.int() });
export const openView = letterCounts.extend({ cases: z.array(caseCount) });

const SCORED = `
  with scored as (
    select 'group' as what, group_id as id, service, entity, class, null::text as kind, message as summary, state, open as affected, owner, assignee, first_seen_at as since, respond_by,
      coalesce(($2::json ->> class)::float8, 3) * (1 + log(open)) * case when entity = any($4) then 2 else 1 end * case when state = 'regressed' then 2 else 1 end as harm,
      case when state = 'acknowledged' then 0.2 when state = 'retrying' then 0.1 else 1 end as unseen
    from letter_group where open > 0 and state not in ('resolved', 'ignored') and ($1::text[] is null or owner_team = any($1))
    union all
    select 'case', case_id, service, entity, null, kind, summary, state, (counts ->> 'affected')::int, owner, null, opened_at, respond_by,
      coalesce(($3::json ->> severity)::float8, 4) * case when entity = any($4) then 2 else 1 end, 1
    from desk_case where state = 'open' and ($1::text[] is null or owner_team = any($1))
  )
  -- What is past its deadline is older than it is: nobody came.
  select what, id, service, entity, class, kind, summary, state, affected, owner, assignee, since, respond_by as "respondBy", coalesce(respond_by <= now(), false) as overdue,
    (harm * unseen * greatest(extract(epoch from now() - since) / 3600, 0.05) * case when respond_by <= now() then 3 else 1 end)::float8 as score
  from scored order by score desc, id limit ${String(MOST)}`;

export async function rankUrgent(database: Pick<Database, 'query'>, owners: readonly string[] | null): Promise<readonly Answered<typeof urgentView>[]> {
  const rows = await database.query<Answered<typeof row>>(SCORED, [owners, JSON.stringify(harmOfClass), JSON.stringify(harmOfSeverity), dear]);
  return rows.map((each) => ({ ...each, score: Math.round(each.score * 10) / 10, next: each.class === null ? null : nextStepOf(each.class).step, link: each.what === 'group' ? `/dead-letter-groups/${each.id}` : `/cases/${each.id}` }));
}

export async function countOpen(database: Pick<Database, 'query'>, owners: readonly string[] | null): Promise<Answered<typeof openView>> {
  const [letters] = await database.query<Answered<typeof letterCounts>>(
    `select count(*) filter (where open > 0)::int as groups, coalesce(sum(open), 0)::int as letters, count(*) filter (where state = 'regressed')::int as regressed,
      count(*) filter (where open > 0 and respond_by <= now())::int as overdue from letter_group where $1::text[] is null or owner_team = any($1)`, [owners]);
  const cases = await database.query<Answered<typeof caseCount>>(`select kind, count(*)::int as open from desk_case where state = 'open' and ($1::text[] is null or owner_team = any($1)) group by kind order by kind`, [owners]);
  return { ...(letters ?? { groups: 0, letters: 0, regressed: 0, overdue: 0 }), cases };
}
