/**
 * Carries runs out, one step at a time.
 * 1. Who runs it is decided by a lease with a fence; a step is marked as begun before it is carried out, and its end is recorded under the
 *    same fence. After a kill -9 the step is carried out again under the same act id, which its owner knows (C6).
 * 2. What a step does in our own database (a command in the outbox, a job) commits with the record that it was done.
 * 3. A door that is silent is asked again until the step's time is over. A precondition that does not hold ends the run at once.
 * 4. Every command is in the audit, in the transaction that records it (I6).
 */
import { createHash } from 'node:crypto';
import { through } from '@steward/platform';
import type { PoolClient } from 'pg';
import { audited } from '../audit/audited';
import type { Ask } from '../api/feature';
import { DueTurns, type DueTurnsOptions, type Fenced } from '../due-turns';
import type { RunState, StepState } from './plan';
import { failed, type Step, type StepContext, type StepResult } from './step';

export interface RunbookRunnerOptions extends DueTurnsOptions {
  readonly steps: ReadonlyMap<string, Step>;
  readonly ask: Ask;
}

interface Run {
  readonly id: string;
  readonly runbook: string;
  readonly owner: string;
  readonly actor: string;
  readonly actorName: string;
  readonly reason: string;
  readonly traceId: string;
  readonly state: RunState;
  readonly requestedAt: Date;
}

interface StepRow {
  readonly place: number;
  readonly step: string;
  readonly kind: string;
  readonly run: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly undoes: string | null;
  readonly withinMs: number;
  readonly state: StepState;
  readonly result: unknown;
  readonly tries: number;
  readonly resumed: number;
  /** Milliseconds since it was begun, by the database's clock. */
  readonly forMs: number;
}

const waitMs = (tries: number): number => Math.min(5_000, 200 * 2 ** Math.min(tries, 6));

type Under = <T>(id: string, work: (tx: PoolClient, run: Run) => Promise<T>) => Promise<T | undefined>;

export function runbookRunner(options: RunbookRunnerOptions): DueTurns {
  return new DueTurns(options, { name: 'runbooks', table: 'runbook_run', one: 'run', atOnce: 10, turn: (id, fenced) => turn(options, runsUnder(fenced), id) });
}

const runsUnder = (fenced: Fenced): Under => (id, work) =>
  fenced(async (tx) => {
    const { rows } = await tx.query<Run>(
      `select id, runbook, owner, actor, actor_name as "actorName", reason, trace_id as "traceId", state, requested_at as "requestedAt" from runbook_run where id = $1 for update`, [id]);
    return rows[0] === undefined ? undefined : work(tx, rows[0]);
  });

async function turn(options: RunbookRunnerOptions, under: Under, id: string): Promise<void> {
  const next = await nextStep(under, id);
  if (next === undefined) return;
  const { run, step, results } = next;
  await record(under, run, step, await carryOut(options, run, step, results));
}

/** The step that is due, marked as begun; ends the run when there is none. */
function nextStep(under: Under, id: string): Promise<{ run: Run; step: StepRow; results: Record<string, unknown> } | undefined> {
  return under(id, async (tx, run) => {
    const { rows } = await tx.query<StepRow>(
      `select place, step, kind, run, args, undoes, within_ms::float8 as "withinMs", state, result, tries, resumed, coalesce(extract(epoch from now() - started_at) * 1000, 0)::float8 as "forMs"
        from runbook_step where run_id = $1 order by place`, [id]);
    const step = dueStep(run.state, rows);
    if (step === undefined) {
      const ended = run.state === 'undoing' ? 'undone' : run.state === 'running' ? 'done' : run.state;
      await tx.query(`update runbook_run set state = $2, finished_at = coalesce(finished_at, now()), next_at = 'infinity' where id = $1`, [id, ended]);
      return undefined;
    }
    await tx.query(`update runbook_step set state = case when state = 'waiting' then state else 'running' end, started_at = coalesce(started_at, now()) where run_id = $1 and place = $2`, [id, step.place]);
    return { run, step, results: Object.fromEntries(rows.map((row) => [row.step, row.result])) };
  });
}

async function carryOut({ database, ask, steps }: RunbookRunnerOptions, run: Run, step: StepRow, results: Readonly<Record<string, unknown>>): Promise<StepResult> {
  const found = steps.get(step.run);
  if (found === undefined) return failed(`there is no step ${step.run} in this version`);
  const args = found.args.safeParse(step.args);
  if (!args.success) return failed(`${step.run} does not take what the runbook gives it: ${args.error.issues.map(({ path, message }) => `${path.join('/')} ${message}`).join('; ')}`);
  const actId = `${run.id}:${step.step}`;
  const context: StepContext = {
    ask, database, actId, actUuid: uuidOf(actId), who: { id: run.actor, name: run.actorName }, reason: run.reason, traceId: run.traceId, since: run.requestedAt, resumed: step.resumed, results,
  };
  try {
    return inTime(step, await through('external-call', () => found.run(context, args.data)));
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return inTime({ ...step, kind: 'check' }, { state: 'waiting', detail });
  }
}

async function record(under: Under, run: Run, step: StepRow, { state, detail, result, commit }: StepResult): Promise<void> {
  await under(run.id, async (tx) => {
    await commit?.(tx);
    await tx.query(
      `update runbook_step set state = $3, detail = $4, result = coalesce($5::json, result), tries = tries + 1, ended_at = case when $3 = 'waiting' then null else now() end where run_id = $1 and place = $2`,
      [run.id, step.place, state, storable(detail).slice(0, 2_000), kept(result)],
    );
    if (state === 'failed') await tx.query(`update runbook_run set state = case when state in ('running', 'undoing') then 'failed' else state end, finished_at = now(), next_at = 'infinity' where id = $1`, [run.id]);
    else await tx.query(`update runbook_run set next_at = now() + make_interval(secs => $2::float8 / 1000) where id = $1`, [run.id, state === 'waiting' ? waitMs(step.tries) : 0]);
    if ((step.kind !== 'command' && step.kind !== 'undo') || state === 'waiting') return;
    await audited(tx, {
      who: { id: run.actor, name: run.actorName }, owner: run.owner, act: `runbook ${step.kind}`, subject: `runbook ${run.runbook} run ${run.id} step ${step.step}`, outcome: state,
      reason: run.reason, after: { run: step.run, args: step.args, detail: storable(detail).slice(0, 500) }, traceId: run.traceId,
    });
  });
}

/** Of a run that is taken back: the undo of the last command that was done, first. */
function dueStep(state: RunState, rows: readonly StepRow[]): StepRow | undefined {
  const open = (row: StepRow): boolean => row.state === 'pending' || row.state === 'running' || row.state === 'waiting';
  if (state === 'running') return rows.find((row) => row.kind !== 'undo' && open(row));
  if (state !== 'undoing') return undefined;
  // A command that was begun may have been done: it is taken back like one that was.
  const begun = new Map(rows.filter(({ kind, state: of }) => kind === 'command' && of !== 'pending' && of !== 'skipped').map(({ step, place }) => [step, place]));
  return rows.filter((row) => row.kind === 'undo' && open(row) && begun.has(row.undoes ?? '')).sort((a, b) => (begun.get(b.undoes ?? '') ?? 0) - (begun.get(a.undoes ?? '') ?? 0))[0];
}

/** Only what is waited for has time; a precondition or a command that says no means no. */
function inTime({ kind, forMs, withinMs }: Pick<StepRow, 'kind' | 'forMs' | 'withinMs'>, result: StepResult): StepResult {
  if (result.state === 'waiting' && kind === 'precondition') return { ...result, state: 'failed' };
  if (result.state !== 'waiting' || forMs < withinMs) return result;
  return { ...result, state: 'failed', detail: `not within ${String(Math.round(withinMs / 1_000))} s: ${result.detail}` };
}

function uuidOf(actId: string): string {
  const hex = createHash('sha256').update(actId).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const mostKept = 500_000;

/** A result that would make every look at the run slow is not worth it. */
function kept(result: unknown): string | null {
  if (result === undefined) return null;
  const text = storable(JSON.stringify(result));
  return text.length <= mostKept ? text : JSON.stringify({ tooLarge: text.length });
}

const storable = (text: string): string => text.toWellFormed().replaceAll('\u0000', '\uFFFD').replaceAll('\\u0000', '\uFFFD');
