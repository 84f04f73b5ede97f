/**
 * Pauses as they are in the table. Each act is one statement: the pause, who wanted it and why, and the ring that tells the other
 * replicas, commit together or not at all (I6). All times are the database's.
 */
import type { Database } from '@steward/platform';

export const flowChannel = 'steward_flow';

/** Whoever acts when a time has come that somebody had named. */
const byItself = 'steward';

export interface Pause {
  readonly flow: string;
  readonly since: Date;
  readonly actor: string;
  readonly reason: string;
  readonly resumesAt: Date | null;
}

export interface By {
  readonly actor: string;
  readonly reason: string;
}

type Querying = Pick<Database, 'query'>;

/** Pauses a flow. If it is already paused, the time since when stays, and actor, reason and end are replaced. */
export async function pauseFlow(database: Querying, flow: string, { actor, reason, resumesAt }: By & { readonly resumesAt: Date | null }): Promise<void> {
  await database.query(
    `with paused as (
        insert into flow_pause (flow, actor, reason, resumes_at) values ($1, $2, $3, $4)
        on conflict (flow) do update set actor = excluded.actor, reason = excluded.reason, resumes_at = excluded.resumes_at returning flow),
      recorded as (insert into flow_act (flow, act, actor, reason, resumes_at) select flow, 'pause', $2, $3, $4::timestamptz from paused returning flow)
      select pg_notify('${flowChannel}', flow) from recorded`,
    [flow, actor, reason, resumesAt],
  );
}

/** Resumes a flow; false if it was not paused. */
export async function resumeFlow(database: Querying, flow: string, { actor, reason }: By): Promise<boolean> {
  const rows = await database.query(
    `with resumed as (delete from flow_pause where flow = $1 returning flow),
      recorded as (insert into flow_act (flow, act, actor, reason) select flow, 'resume', $2, $3 from resumed returning flow)
      select pg_notify('${flowChannel}', flow) from recorded`,
    [flow, actor, reason],
  );
  return rows.length > 0;
}

/** What holds now. A pause whose time is over ends here, recorded once, whichever replica looks first. */
export async function readPauses(database: Querying): Promise<Pause[]> {
  return database.query<Pause & { [column: string]: unknown }>(
    {
      name: 'flow-pauses',
      text: `with over as (delete from flow_pause where resumes_at <= now() returning flow, resumes_at),
        recorded as (
          insert into flow_act (flow, act, actor, reason) select flow, 'resume', '${byItself}', 'its time has come' from over returning flow),
        told as (select pg_notify('${flowChannel}', flow) from recorded)
        select flow, since, actor, reason, resumes_at as "resumesAt" from flow_pause
          where (resumes_at is null or resumes_at > now()) and (select count(*) from told) >= 0`,
    },
  );
}

/**
 * An SQL condition that is true unless the flow is paused: for statements that must not begin anything for a paused flow, in whichever
 * replica.
 */
export const mayFlow = (flowParameter: string): string =>
  `not exists (select from flow_pause where flow = ${flowParameter} and (resumes_at is null or resumes_at > now()))`;
