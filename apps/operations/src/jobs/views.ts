/** How jobs are shown: what was asked, how far it is, how fast, and what has come since that it does not have. */
import type { Database } from '@steward/platform';
import { nameOfList, pageOf, pagePosition, type Page } from '../api/listing';
import type { Operator } from '../api/roles';
import { ownersSeen } from '../api/roles';
import { listOf } from '../query/list-of';
import { type JobKind, jobKinds, type JobState, type MemberState } from './job';
import type { Selection } from './job.store';
import { newSince } from './targets';

interface JobRow {
  readonly id: string;
  readonly kind: JobKind;
  readonly name: string;
  readonly selection: Selection;
  readonly state: JobState;
  readonly teams: readonly string[];
  readonly actor: string;
  readonly reason: string;
  readonly requestedAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly total: number;
  readonly requested: number;
  readonly sent: number;
  readonly confirmed: number;
  readonly failed: number;
  readonly skipped: number;
}

const columns = `id, kind, name, selection, state, state_reason as "stateReason", state_by as "stateBy", state_at as "stateAt", teams, four_eyes as "fourEyes", actor, reason,
  requested_at as "requestedAt", approved_by as "approvedBy", approved_reason as "approvedReason", approved_at as "approvedAt", started_at as "startedAt", finished_at as "finishedAt",
  frozen, canary, stop_after as "stopAfter", per_second as "perSecond", total, requested, sent, confirmed, failed, skipped, trouble, edit is not null as "edits"`;

export type OperationView = Omit<JobRow, 'total' | 'requested' | 'sent' | 'confirmed' | 'failed' | 'skipped'> & {
  readonly progress: Readonly<Record<MemberState | 'total', number>> & { readonly ratio: number };
};

function shown({ total, requested, sent, confirmed, failed, skipped, ...row }: JobRow): OperationView {
  const ended = confirmed + failed + skipped;
  return { ...row, progress: { total, requested, sent, confirmed, failed, skipped, cancelled: total - ended - requested - sent, ratio: total === 0 ? 0 : Math.round((ended / total) * 1_000) / 1_000 } };
}

export interface OperationDetail extends OperationView {
  /** Members that ended within the last minute, a second; null when it does not run. */
  readonly rate: number | null;
  readonly secondsLeft: number | null;
  /** What the same selection would find today and the click did not. */
  readonly newSince: number;
}

export async function operationOf(database: Pick<Database, 'query'>, who: Operator, id: string): Promise<OperationDetail | undefined> {
  const [row] = await database.query<JobRow & Record<string, unknown>>(`select ${columns} from job where id = $1 and ($2::text[] is null or teams && $2 or teams = '{}')`, [id, ownersSeen(who)]);
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

export const jobStates = ['awaiting-approval', 'freezing', 'running', 'paused', 'stopped', 'cancelled', 'done'] as const satisfies readonly JobState[];

/** The latest asked for first. */
export const operations = listOf<JobRow, OperationView>({
  name: 'operations', columns, from: 'job', ownedBy: `(teams && $1 or teams = '{}')`,
  fields: {
    state: { kind: 'text', sql: 'state', values: jobStates }, kind: { kind: 'text', sql: 'kind', values: jobKinds }, actor: { kind: 'text', sql: 'actor', whole: true },
    total: { kind: 'number', sql: 'total' }, failed: { kind: 'number', sql: 'failed' }, age: { kind: 'age', sql: 'requested_at' },
  },
  words: ['name', 'reason'], order: [{ sql: 'requested_at', is: 'instant' }, { sql: 'id', is: 'uuid' }], show: shown,
});

export async function membersOf(database: Pick<Database, 'query'>, id: string, { first, after, state }: { first: number; after?: string | undefined; state?: string | undefined }): Promise<Page<unknown>> {
  const list = nameOfList('members', id, state);
  const position = pagePosition(list, after, ['number']);
  const rows = await database.query<{ place: number }>(
    `select place, target, entity, item, state, verdict, detail, batch, revision::float8 as revision, at from job_member
      where job_id = $1 and ($2::text is null or state = $2) and place > $3 order by place limit $4`,
    [id, state ?? null, position?.[0] ?? -1, first + 1],
  );
  return pageOf(list, first, rows, ({ place }) => [place], (row) => row);
}
