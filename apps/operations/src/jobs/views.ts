/** How jobs are shown: what was asked, how far it is, how fast, and what has come since that it does not have. */
import type { Database } from '@steward/platform';
import { z } from 'zod';
import { type Answered, storedInstant } from '../api/answer';
import { nameOfList, pageOf, pagePosition, type Page } from '../api/listing';
import type { Operator } from '../api/roles';
import { ownersSeen } from '../api/roles';
import { listOf } from '../query/list-of';
import { jobKinds, type JobState, type MemberState } from './job';
import type { Selection } from './job.store';
import { newSince } from './targets';

export const jobStates = ['awaiting-approval', 'freezing', 'running', 'paused', 'stopped', 'cancelled', 'done'] as const satisfies readonly JobState[];
export const memberStates = ['requested', 'sent', 'confirmed', 'failed', 'skipped', 'cancelled'] as const satisfies readonly MemberState[];

const names = z.array(z.string()).exactOptional();
const name = z.string().exactOptional();
const selection = z.object({ group: name, letters: names, query: name, operation: name, entity: name, system: name, keys: names, cases: names, check: name, from: name, to: name }) satisfies z.ZodType<Selection>;

const ofJob = {
  id: z.string(), kind: z.enum(jobKinds), name: z.string(), selection, state: z.enum(jobStates), stateReason: z.string().nullable(), stateBy: z.string().nullable(), stateAt: storedInstant, teams: z.array(z.string()),
  fourEyes: z.boolean(), actor: z.string(), reason: z.string(), requestedAt: storedInstant, approvedBy: z.string().nullable(), approvedReason: z.string().nullable(), approvedAt: storedInstant.nullable(),
  startedAt: storedInstant.nullable(), finishedAt: storedInstant.nullable(), frozen: z.boolean().describe('All of its members are known.'), canary: z.int(), stopAfter: z.int(), perSecond: z.int(),
  trouble: z.string().nullable().describe('What it waits for.'), edits: z.boolean().describe('It applies a letter with a changed body.'),
};
const counts = { total: z.int(), requested: z.int(), sent: z.int(), confirmed: z.int(), failed: z.int(), skipped: z.int() };
type JobRow = Answered<z.ZodObject<typeof ofJob & typeof counts>>;

export const operationView = z.object({ ...ofJob, progress: z.object({ ...counts, cancelled: z.int(), ratio: z.number() }) }).meta({ id: 'Operation', description: 'A job: what was asked for, by whom and why, and how far it is.' });
type OperationView = Answered<typeof operationView>;

const detail = {
  rate: z.number().nullable().describe('Members that ended within the last minute, a second; null when it does not run.'), secondsLeft: z.int().nullable(),
  newSince: z.int().describe('What the same selection would find today and the click did not.'),
};
export const operationDetail = operationView.extend(detail).meta({ id: 'OperationDetail', description: 'A job with its pace, and what has come since the click.' });
export type OperationDetail = Answered<typeof operationDetail>;

export const memberView = z
  .object({
    place: z.int(), target: z.string().describe('The service that is asked.'), entity: z.string().nullable(), item: z.string(), state: z.enum(memberStates), verdict: z.string().nullable(), detail: z.string().nullable(),
    batch: z.int().nullable(), revision: z.number().nullable(), at: storedInstant.nullable(),
  })
  .meta({ id: 'Member', description: 'One letter, key or check of a job, and what became of it.' });

const columns = `id, kind, name, selection, state, state_reason as "stateReason", state_by as "stateBy", state_at as "stateAt", teams, four_eyes as "fourEyes", actor, reason,
  requested_at as "requestedAt", approved_by as "approvedBy", approved_reason as "approvedReason", approved_at as "approvedAt", started_at as "startedAt", finished_at as "finishedAt",
  frozen, canary, stop_after as "stopAfter", per_second as "perSecond", total, requested, sent, confirmed, failed, skipped, trouble, edit is not null as "edits"`;

function shown({ total, requested, sent, confirmed, failed, skipped, ...row }: JobRow): OperationView {
  const ended = confirmed + failed + skipped;
  return { ...row, progress: { total, requested, sent, confirmed, failed, skipped, cancelled: total - ended - requested - sent, ratio: total === 0 ? 0 : Math.round((ended / total) * 1_000) / 1_000 } };
}

export async function operationOf(database: Pick<Database, 'query'>, who: Operator, id: string): Promise<OperationDetail | undefined> {
  const [row] = await database.query<JobRow>(`select ${columns} from job where id = $1 and ($2::text[] is null or teams && $2 or teams = '{}')`, [id, ownersSeen(who)]);
  if (row === undefined) return undefined;
  const view = shown(row);
  const rate = row.state === 'running' ? await rateOf(database, id) : null;
  const left = view.progress.requested + view.progress.sent;
  const ofLetters = row.kind === 'retry' || row.kind === 'recover-failed';
  return { ...view, rate, secondsLeft: rate === null || rate === 0 ? null : Math.ceil(left / rate), newSince: ofLetters ? await newSince(database, id, row.selection) : 0 };
}

async function rateOf(database: Pick<Database, 'query'>, id: string): Promise<number> {
  const [row] = await database.query<{ rate: number }>(
    `select round((count(*) / greatest(least(60, extract(epoch from clock_timestamp() - min(started_at))), 1))::numeric, 1)::float8 as rate from job_member m join job j on j.id = m.job_id
      where m.job_id = $1 and m.state in ('confirmed', 'failed', 'skipped') and m.at > clock_timestamp() - interval '1 minute'`,
    [id],
  );
  return row?.rate ?? 0;
}

/** The latest asked for first. */
export const operations = listOf<JobRow, OperationView>({
  name: 'operations', columns, from: 'job', ownedBy: `(teams && $1 or teams = '{}')`,
  fields: {
    state: { kind: 'text', sql: 'state', values: jobStates }, kind: { kind: 'text', sql: 'kind', values: jobKinds }, actor: { kind: 'text', sql: 'actor', whole: true },
    total: { kind: 'number', sql: 'total' }, failed: { kind: 'number', sql: 'failed' }, age: { kind: 'age', sql: 'requested_at' },
  },
  words: ['name', 'reason'], order: [{ sql: 'requested_at', is: 'instant' }, { sql: 'id', is: 'uuid' }], show: shown,
});

export async function membersOf(database: Pick<Database, 'query'>, id: string, { first, after, state }: { first: number; after?: string | undefined; state?: string | undefined }): Promise<Page<Answered<typeof memberView>>> {
  const list = nameOfList('members', id, state);
  const position = pagePosition(list, after, ['number']);
  const rows = await database.query<Answered<typeof memberView>>(
    `select place, target, entity, item, state, verdict, detail, batch, revision::float8 as revision, at from job_member
      where job_id = $1 and ($2::text is null or state = $2) and place > $3 order by place limit $4`,
    [id, state ?? null, position?.[0] ?? -1, first + 1],
  );
  return pageOf(list, first, rows, ({ place }) => [place], (row) => row);
}
