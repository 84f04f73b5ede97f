/** Where each check is. Everything a run knows is here, so that any process goes on where another one was killed. */
import type { CheckStanding, RunStanding } from '@steward/contracts';
import type { Database } from '@steward/platform';
import type { PoolClient } from 'pg';
import type { Suspect } from '../check/define-check';

type Query = Pick<Database, 'query'>;
type Tx = Pick<PoolClient, 'query'>;

type Phase = CheckStanding['phase'];

export interface CheckState {
  readonly name: string;
  readonly phase: Phase;
  readonly runId: string | null;
  readonly cursor: unknown;
  readonly lastStartedAt: Date | null;
}

export interface Run {
  readonly id: string;
  readonly keys: readonly string[] | null;
  readonly dryRun: boolean;
  readonly compared: number;
  readonly found: number;
}

/** New checks begin spread over their cadence, so that a first start is no storm. */
export async function registerChecks(database: Query, checks: readonly { readonly name: string; readonly cadenceMs: number }[], now: number): Promise<void> {
  const spread = checks.map(({ cadenceMs }, index) => new Date(now + ((index + 1) / (checks.length + 1)) * cadenceMs));
  await database.query('insert into check_state (name, due_at) select * from unnest($1::text[], $2::timestamptz[]) on conflict do nothing', [checks.map(({ name }) => name), spread]);
}

export async function dueChecks(database: Query, names: readonly string[], now: Date): Promise<string[]> {
  const rows = await database.query<{ name: string }>('select name from check_state where name = any($1::text[]) and due_at <= $2 order by due_at limit 10', [names, now]);
  return rows.map(({ name }) => name);
}

export async function readState(database: Query, name: string): Promise<CheckState | undefined> {
  const [row] = await database.query<CheckState & Record<string, unknown>>(
    'select name, phase, run_id as "runId", cursor, last_started_at as "lastStartedAt" from check_state where name = $1', [name]);
  return row;
}

const run = 'id, keys, dry_run as "dryRun", compared::float8 as compared, found::float8 as found';

export async function readRun(database: Query, id: string): Promise<Run | undefined> {
  const [row] = await database.query<Run & Record<string, unknown>>(`select ${run} from check_run where id = $1`, [id]);
  return row;
}

/** The oldest run that somebody asked for, or a scheduled one. */
export async function beginRun(tx: Tx, name: string, now: Date): Promise<Run> {
  const asked = await tx.query<Run>(
    `update check_run set state = 'running', started_at = $2 where id = (select id from check_run where name = $1 and state = 'asked' order by asked_at limit 1) returning ${run}`, [name, now]);
  const begun = asked.rows[0] ?? (await tx.query<Run>(
    `insert into check_run (name, state, actor, reason, asked_at, started_at) values ($1, 'running', 'steward', 'its time had come', $2, $2) returning ${run}`, [name, now])).rows[0];
  if (begun === undefined) throw new Error(`no run of ${name}`);
  await tx.query(
    `update check_state set phase = 'comparing', run_id = $2, cursor = null, last_started_at = case when $4 then $3::timestamptz else last_started_at end where name = $1`,
    [name, begun.id, now, begun.keys === null],
  );
  await tx.query('delete from suspect where name = $1', [name]);
  return begun;
}

/** A step's suspects and its position, in one transaction. */
export async function saveStep(tx: Tx, name: string, step: { runId: string; cursor: unknown; compared: number; suspects: readonly Suspect[]; lookAt: Date }): Promise<void> {
  await putSuspects(tx, name, step.suspects, step.lookAt);
  await tx.query('update check_state set cursor = $2 where name = $1', [name, JSON.stringify(step.cursor ?? null)]);
  if (step.compared > 0) await tx.query('update check_run set compared = compared + $2 where id = $1', [step.runId, step.compared]);
}

export async function putSuspects(tx: Tx, name: string, suspects: readonly Suspect[], lookAt: Date): Promise<void> {
  if (suspects.length === 0) return;
  await tx.query({
    name: 'suspect-put',
    text: `insert into suspect as s (name, key, first, look_at) select $1, u.key, u.first, $4 from unnest($2::text[], $3::json[]) as u(key, first) order by u.key
      on conflict (name, key) do update set first = excluded.first, looks = s.looks + 1, look_at = excluded.look_at`,
    values: [name, suspects.map(({ key }) => key), suspects.map(({ first }) => JSON.stringify(first)), lookAt],
  });
}

export async function dueSuspects(database: Query, name: string, now: Date, most: number): Promise<(Suspect & { readonly looks: number })[]> {
  return database.query<Suspect & { looks: number } & Record<string, unknown>>('select key, first, looks from suspect where name = $1 and look_at <= $2 order by key limit $3', [name, now, most]);
}

export async function dropSuspects(tx: Tx, name: string, keys: readonly string[]): Promise<void> {
  await tx.query('delete from suspect where name = $1 and key = any($2::text[])', [name, keys]);
}

/** When the next suspect is due; null when none is left. */
export async function nextLook(database: Query, name: string): Promise<{ at: Date | null; count: number }> {
  const [row] = await database.query<{ at: Date | null; count: number }>('select min(look_at) as at, count(*)::float8 as count from suspect where name = $1', [name]);
  return row ?? { at: null, count: 0 };
}

export async function setPhase(tx: Tx, name: string, phase: Phase, dueAt: Date): Promise<void> {
  await tx.query('update check_state set phase = $2, due_at = $3, failures = 0 where name = $1', [name, phase, dueAt]);
}

/** It is tried again where it is; returns how often it has failed in a row. */
export async function postpone(tx: Tx, name: string, dueAt: Date): Promise<number> {
  const { rows } = await tx.query<{ failures: number }>('update check_state set failures = failures + 1, due_at = $2 where name = $1 returning failures', [name, dueAt]);
  return rows[0]?.failures ?? 0;
}

export async function countFound(tx: Tx, runId: string, found: number): Promise<void> {
  if (found > 0) await tx.query('update check_run set found = found + $2 where id = $1', [runId, found]);
}

export async function endRun(tx: Tx, name: string, runId: string | null, { now, dueAt, problem }: { now: Date; dueAt: Date; problem: string | null }): Promise<void> {
  if (runId !== null) await tx.query(`update check_run set state = $2, finished_at = $3, problem = $4 where id = $1`, [runId, problem === null ? 'done' : 'failed', now, problem]);
  await tx.query(
    `update check_state s set phase = 'idle', cursor = null, run_id = null, failures = 0, due_at = case when exists (select from check_run r where r.name = s.name and r.state = 'asked') then $3::timestamptz else $4::timestamptz end,
       last_finished_at = case when $5::text is null then $3::timestamptz else last_finished_at end,
       match_ratio = coalesce((select 1 - least(r.found, r.compared) / r.compared::float8 from check_run r where r.id = $2 and r.keys is null and r.compared > 0 and r.state = 'done'), match_ratio)
     where name = $1`,
    [name, runId, now, dueAt, problem],
  );
  await tx.query('delete from suspect where name = $1', [name]);
}

export async function askRun(tx: Tx, asked: { groupId: string; names: readonly string[]; keys: readonly string[] | null; actor: string; reason: string; dryRun: boolean; now: Date }): Promise<void> {
  await tx.query(
    `insert into check_run (group_id, name, keys, actor, reason, dry_run, asked_at) select $1, unnest($2::text[]), $3, $4, $5, $6, $7`,
    [asked.groupId, asked.names, asked.keys, asked.actor, asked.reason, asked.dryRun, asked.now],
  );
  await wake(tx, asked.names, asked.now);
}

/** An idle check has something to do. */
export async function wake(tx: Tx, names: readonly string[], now: Date, phase: Phase = 'idle'): Promise<void> {
  await tx.query(`update check_state set due_at = $2, phase = $3 where name = any($1::text[]) and phase = 'idle'`, [names, now, phase]);
}

export async function standingOfRuns(database: Query, groupId: string): Promise<RunStanding[]> {
  return database.query<RunStanding & Record<string, unknown>>(
    `select coalesce(group_id, id) as "runId", name as check, state, compared::float8 as compared, found::float8 as found, problem,
       (select count(*)::float8 from drift d where d.name = r.name and d.state = 'open') as open from check_run r where group_id = $1 or id = $1 order by name`,
    [groupId],
  );
}

export async function standings(database: Query): Promise<(Pick<CheckStanding, 'phase' | 'matchRatio' | 'open'> & { name: string; dueAt: Date; lastFinishedAt: Date | null })[]> {
  return database.query(
    `select name, phase, due_at as "dueAt", last_finished_at as "lastFinishedAt", match_ratio as "matchRatio", (select count(*)::float8 from drift d where d.name = s.name and d.state = 'open') as open from check_state s order by name`,
  );
}

/** Runs and closed drift older than this are forgotten. */
export async function forget(database: Query, before: Date): Promise<void> {
  await database.query('delete from check_run where finished_at < $1', [before]);
  await database.query(`delete from drift where closed_at < $1 and state <> 'accepted'`, [before]);
}
