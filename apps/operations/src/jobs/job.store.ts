/**
 * The rows of a job.
 * 1. Members are claimed for a batch and the claim is committed before the owner is asked: after a crash the same members are asked
 *    about again under the same act id, and the owner answers what happened the first time (C6).
 * 2. Outcomes move only members that are `sent`, and the counters of the job with them, in one statement.
 * 3. Every change is made under the job's row lock, so a person's pause and the runner's next batch can't pass each other.
 */
import type { PoolClient } from 'pg';
import type { Awaiting, JobFacts, JobKind, JobState, Member, NewMember, Outcome } from './job';

export interface Selection {
  readonly group?: string;
  readonly letters?: readonly string[];
  readonly query?: string;
  readonly operation?: string;
  readonly entity?: string;
  readonly system?: string;
  readonly keys?: readonly string[];
  readonly cases?: readonly string[];
  readonly check?: string;
  readonly from?: string;
  readonly to?: string;
}

export interface Edit {
  readonly id: string;
  readonly patch: readonly unknown[];
  readonly bodyHash: string;
}

/** What the runner has to know to ask doors about it. */
export interface Job {
  readonly id: string;
  readonly kind: JobKind;
  readonly selection: Selection;
  readonly edit: Edit | null;
  readonly actor: string;
  readonly reason: string;
  readonly teams: readonly string[];
  readonly freezeAfter: unknown;
  readonly batches: number;
  readonly tries: number;
  readonly facts: JobFacts;
}

interface JobRow extends Omit<Job, 'facts'> {
  readonly state: JobState;
  readonly canary: number;
  readonly stopAfter: number;
  readonly perSecond: number;
  readonly requested: number;
  readonly failed: number;
  readonly forgiven: number;
  readonly unanswered: number;
  readonly awaiting: number;
  readonly canaryRequested: number;
  readonly canaryAwaiting: number;
  readonly canaryFailed: number;
}

const lockText = `
  select id, kind, selection, edit, actor, reason, teams, state, canary, stop_after as "stopAfter", per_second as "perSecond", freeze_after as "freezeAfter",
    batches, requested, failed, forgiven, tries, m.*
  from job j, lateral (
    select count(*) filter (where state = 'sent' and verdict is null)::int as unanswered,
      count(*) filter (where state = 'sent' and verdict is not null)::int as awaiting,
      count(*) filter (where place < j.canary and state = 'requested')::int as "canaryRequested",
      count(*) filter (where place < j.canary and state = 'sent')::int as "canaryAwaiting",
      count(*) filter (where place < j.canary and state = 'failed')::int as "canaryFailed"
    from job_member where job_id = j.id and (state = 'sent' or (place < j.canary and state in ('requested', 'failed')))) m
  where id = $1 for update of j`;

/** Locks the job until the transaction ends. */
export async function lockJob(tx: PoolClient, id: string): Promise<Job | undefined> {
  const { rows } = await tx.query<JobRow>({ name: 'job-lock', text: lockText, values: [id] });
  const row = rows[0];
  if (row === undefined) return undefined;
  const { kind, selection, edit, actor, reason, teams, freezeAfter, batches, tries, forgiven, unanswered, ...facts } = row;
  return {
    id, kind, selection, edit, actor, reason, teams, freezeAfter, batches, tries,
    // Failures that a person has seen when resuming don't stop the job a second time.
    facts: { ...facts, unanswered: unanswered > 0, failed: facts.failed - forgiven, canaryFailed: forgiven > 0 ? 0 : facts.canaryFailed },
  };
}

export interface Batch {
  readonly batch: number;
  readonly members: readonly Member[];
}

const memberColumns = 'place, target, entity, item, revision::float8 as revision';

/** A batch speaks to one door about one entity. */
export async function claimBatch(tx: PoolClient, id: string, size: number): Promise<Batch> {
  const { rows } = await tx.query<Member & { batch: number }>({
    name: 'job-claim',
    text: `with first as (select target, entity from job_member where job_id = $1 and state = 'requested' order by place limit 1),
      picked as (select m.place from job_member m, first f
        where m.job_id = $1 and m.state = 'requested' and m.target = f.target and m.entity is not distinct from f.entity order by m.place limit $2),
      counted as (update job set batches = batches + 1, requested = requested - c.n, sent = sent + c.n from (select count(*)::int as n from picked) c where id = $1 returning batches)
      update job_member m set state = 'sent', batch = counted.batches, at = clock_timestamp() from picked, counted
      where m.job_id = $1 and m.place = picked.place returning m.place, m.target, m.entity, m.item, m.revision::float8 as revision, m.batch`,
    values: [id, size],
  });
  return { batch: rows[0]?.batch ?? 0, members: rows.toSorted((a, b) => a.place - b.place) };
}

/** The batch whose owner was asked and is not known to have answered. */
export async function unansweredBatch(tx: PoolClient, id: string): Promise<Batch> {
  const { rows } = await tx.query<Member & { batch: number }>(
    `select ${memberColumns}, batch from job_member where job_id = $1 and state = 'sent' and verdict is null
      and batch = (select min(batch) from job_member where job_id = $1 and state = 'sent' and verdict is null) order by place`,
    [id],
  );
  return { batch: rows[0]?.batch ?? 0, members: rows };
}

export async function awaitingMembers(tx: PoolClient, id: string, limit: number): Promise<Awaiting[]> {
  const { rows } = await tx.query<Awaiting>(
    `select ${memberColumns}, detail, at from job_member where job_id = $1 and state = 'sent' and verdict is not null order by place limit $2`, [id, limit]);
  return rows;
}

export async function nextTarget(tx: Pick<PoolClient, 'query'>, id: string): Promise<NewMember | undefined> {
  const { rows } = await tx.query<NewMember>(`select target, entity, item from job_member where job_id = $1 and state = 'requested' order by place limit 1`, [id]);
  return rows[0];
}

export async function recordOutcomes(tx: PoolClient, id: string, outcomes: readonly Outcome[]): Promise<void> {
  if (outcomes.length === 0) return;
  await tx.query({
    name: 'job-outcomes',
    text: `with said as (select * from unnest($2::int[], $3::text[], $4::text[], $5::text[], $6::bigint[]) as s(place, state, verdict, detail, revision)),
      moved as (update job_member m set state = s.state, verdict = s.verdict, detail = s.detail, revision = coalesce(s.revision, m.revision), at = clock_timestamp()
        from said s where m.job_id = $1 and m.place = s.place and m.state = 'sent' returning m.state)
      update job j set sent = j.sent - c.ended, confirmed = j.confirmed + c.confirmed, failed = j.failed + c.failed, skipped = j.skipped + c.skipped
      from (select count(*) filter (where state <> 'sent')::int as ended, count(*) filter (where state = 'confirmed')::int as confirmed,
        count(*) filter (where state = 'failed')::int as failed, count(*) filter (where state = 'skipped')::int as skipped from moved) c where id = $1`,
    values: [
      id, outcomes.map(({ place }) => place), outcomes.map(({ state }) => state), outcomes.map(({ verdict }) => verdict),
      outcomes.map(({ detail }) => storable(detail).slice(0, 2_000)), outcomes.map(({ revision }) => revision ?? null),
    ],
  });
}

/** Adds members behind those that are there; what is in already stays once. */
export async function addMembers(tx: PoolClient, id: string, members: readonly NewMember[]): Promise<void> {
  await tx.query(
    `with base as (select coalesce(max(place) + 1, 0) as place from job_member where job_id = $1),
      added as (insert into job_member (job_id, place, target, entity, item)
        select $1, base.place + m.n::int - 1, m.target, m.entity, m.item from base, unnest($2::text[], $3::text[], $4::text[]) with ordinality as m(target, entity, item, n)
        on conflict (job_id, target, entity, item) do nothing returning 1)
      update job set total = total + c.n, requested = requested + c.n from (select count(*)::int as n from added) c where id = $1`,
    [id, members.map(({ target }) => target), members.map(({ entity }) => entity), members.map(({ item }) => item)],
  );
}

export async function frozenUpTo(tx: PoolClient, id: string, next: unknown): Promise<void> {
  await tx.query(
    next === null ? `update job set freeze_after = null, frozen = true, state = 'running', started_at = coalesce(started_at, now()) where id = $1` : 'update job set freeze_after = $2 where id = $1',
    next === null ? [id] : [id, JSON.stringify(next)],
  );
}

/** What the runner finds by itself; what people want is in jobs.feature.ts. */
export async function endJob(tx: PoolClient, id: string, state: 'stopped' | 'done', reason: string | null = null): Promise<void> {
  await tx.query(
    `update job set state = $2, state_reason = $3, state_by = 'steward', state_at = now(), finished_at = case when $2 = 'done' then now() end where id = $1`,
    [id, state, reason],
  );
}

/** When the runner looks at the job again; null = when somebody does something to it. */
export async function rest(tx: PoolClient, id: string, ms: number | null, trouble: string | null = null, tries = 0): Promise<void> {
  await tx.query(
    `update job set next_at = case when $2::float8 is null then 'infinity' else now() + make_interval(secs => $2::float8 / 1000) end, trouble = $3, tries = $4 where id = $1`,
    [id, ms, trouble === null ? null : storable(trouble).slice(0, 2_000), tries],
  );
}

const storable = (text: string): string => text.toWellFormed().replaceAll('\u0000', '\uFFFD');
