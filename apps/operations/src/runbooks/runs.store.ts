import type { RunbookDeclaration } from '@steward/contracts';
import type { Database } from '@steward/platform';
import type { PoolClient } from 'pg';
import { z } from 'zod';
import { type Answered, storedInstant } from '../api/answer';
import { instantSql, nameOfList, pageOf, pagePosition, type Page } from '../api/listing';
import { type PlannedStep, type RunState, runStates, stepKinds, stepStates } from './plan';

export interface NewRun {
  readonly id: string;
  readonly declaration: RunbookDeclaration;
  readonly params: unknown;
  readonly who: { readonly id: string; readonly name: string };
  readonly reason: string;
  readonly traceId: string;
  readonly dryRun: boolean;
  readonly plan: readonly PlannedStep[];
}

export async function insertRun(tx: PoolClient, { id, declaration, params, who, reason, traceId, dryRun, plan }: NewRun): Promise<void> {
  await tx.query(
    `insert into runbook_run (id, runbook, owner, params, actor, actor_name, reason, trace_id, dry_run, state, state_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'running', $5)`,
    [id, declaration.id, declaration.owner, JSON.stringify(params), who.id, who.name, reason, traceId, dryRun],
  );
  const rows = plan.map((step, place) => ({ run_id: id, place, step: step.step, kind: step.kind, says: step.says, run: step.run, args: step.args, undoes: step.undoes, within_ms: step.withinMs, state: step.state, tries: 0, resumed: 0 }));
  await tx.query('insert into runbook_step select * from json_populate_recordset(null::runbook_step, $1)', [JSON.stringify(rows)]);
}

const ofRun = {
  id: z.string(), runbook: z.string(), owner: z.string(), params: z.record(z.string(), z.unknown()), actor: z.string(), actorName: z.string(), reason: z.string(), dryRun: z.boolean(),
  state: z.enum(runStates), stateBy: z.string(), requestedAt: storedInstant, finishedAt: storedInstant.nullable(),
};
const stepView = z
  .object({
    step: z.string(), kind: z.enum(stepKinds), says: z.string(), run: z.string(), args: z.record(z.string(), z.unknown()), undoes: z.string().nullable().describe('The command that it takes back.'), state: z.enum(stepStates),
    detail: z.string().nullable(), result: z.unknown(), tries: z.int(), startedAt: storedInstant.nullable(), endedAt: storedInstant.nullable(),
  })
  .meta({ id: 'RunStep', description: 'A step of a run, and what came of it.' });
export const runRow = z.object(ofRun).meta({ id: 'ListedRun', description: 'Who carried a runbook out, when and why.' });
type RunRow = Answered<typeof runRow>;
export const runView = z.object({ ...ofRun, steps: z.array(stepView) }).meta({ id: 'Run', description: 'A run with the results of its steps.' });
export type RunView = Answered<typeof runView>;

const columns = `id, runbook, owner, params, actor, actor_name as "actorName", reason, dry_run as "dryRun", state, state_by as "stateBy", requested_at as "requestedAt", finished_at as "finishedAt"`;

export async function runOf(database: Pick<Database, 'query'>, runbook: string, id: string): Promise<RunView | undefined> {
  const [row] = await database.query<RunRow>(`select ${columns} from runbook_run where id = $1 and runbook = $2`, [id, runbook]);
  if (row === undefined) return undefined;
  const steps = await database.query<RunView['steps'][number]>(
    `select step, kind, says, run, args, undoes, state, detail, result, tries, started_at as "startedAt", ended_at as "endedAt" from runbook_step where run_id = $1 order by place`, [id]);
  return { ...row, steps };
}

export async function runsOf(database: Pick<Database, 'query'>, runbook: string, { first, after }: { first: number; after?: string | undefined }): Promise<Page<RunRow>> {
  const list = nameOfList('runs', runbook);
  const position = pagePosition(list, after, ['instant', 'string']);
  const rows = await database.query<RunRow & { readonly position: string }>(
    `select ${columns}, ${instantSql('requested_at')} as position from runbook_run where runbook = $1 and ($2::timestamptz is null or requested_at < $2 or requested_at = $2 and id > $3::uuid)
      order by requested_at desc, id limit $4`,
    [runbook, ...(position ?? [null, null]), first + 1],
  );
  return pageOf(list, first, rows, (row) => [row.position, row.id], ({ position: _position, ...row }): RunRow => row);
}

/** What a person may do to a run; from which states, and what it is then. */
export const runActs = {
  resume: { from: ['failed'], to: 'running' },
  cancel: { from: ['running', 'failed'], to: 'cancelled' },
  undo: { from: ['done', 'failed', 'cancelled'], to: 'undoing' },
} as const satisfies Record<string, { readonly from: readonly RunState[]; readonly to: RunState }>;
export type RunAct = keyof typeof runActs;

/** Under the row's lock: of two who act at once one finds the state that the other left. */
export async function actOnRun(tx: PoolClient, id: string, act: RunAct, actor: string): Promise<boolean> {
  const { from, to } = runActs[act];
  const { rowCount } = await tx.query(
    `update runbook_run set state = $2, state_by = $3, next_at = case when $2 = 'cancelled' then 'infinity' else now() end, finished_at = case when $2 = 'cancelled' then now() end where id = $1 and state = any($4::text[])`,
    [id, to, actor, from],
  );
  if (rowCount !== 1) return false;
  // The step that failed has its whole time again.
  if (act === 'resume') await tx.query(`update runbook_step set state = 'pending', tries = 0, resumed = resumed + 1, started_at = null, ended_at = null where run_id = $1 and state = 'failed'`, [id]);
  return true;
}
