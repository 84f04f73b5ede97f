import { z } from 'zod';
import { prepareJob, preview, requestBody, type JobRequest, type Who } from '../../jobs/request';
import { defineStep, done, failed, type StepContext, waiting } from '../step';

const text = z.string().min(1).max(300);
/** A selection is put together from what the parameters gave; what is missing of it is left out. */
const args = z.strictObject({
  kind: z.enum(['recover-failed', 'replay-missing', 'replay-all', 'resync', 'reconcile', 'repair']),
  entity: text.optional(), check: text.optional(), system: text.optional(), keys: z.array(text).optional(), perSecond: z.int().min(1).max(1_000).optional(),
});
type Args = z.output<typeof args>;

/** The right to run the runbook is the right to what it declares; money and stock still need a second person. */
const asking = ({ who, traceId }: StepContext): Who => ({ who: { ...who, scopes: new Map() }, traceId, allow: async () => undefined });

function requestOf({ kind, perSecond, ...selection }: Args, reason: string, confirmCount?: number): JobRequest {
  return requestBody.parse({ kind, selection, reason, ...(perSecond === undefined ? {} : { perSecond }), ...(confirmCount === undefined ? {} : { confirmCount }) });
}

/** Whoever runs the runbook has said that everything is meant; the count is the one of this moment. */
async function counted(context: StepContext, wish: Args): Promise<JobRequest> {
  const request = requestOf(wish, context.reason);
  if (wish.keys !== undefined || !['replay-all', 'replay-missing', 'resync'].includes(wish.kind)) return request;
  const { count } = await preview(context, request, asking(context));
  return requestOf(wish, context.reason, count ?? 0);
}

export const jobSteps = [
  defineStep({
    name: 'job-preview',
    acts: false,
    args,
    run: async (context, wish) => {
      const shown = await preview(context, requestOf(wish, context.reason), asking(context));
      return done(`${wish.kind}: ${shown.count === null ? (shown.note ?? 'counted when it begins') : String(shown.count)}${shown.fourEyes ? ', a second person has to approve it' : ''}`, shown);
    },
  }),
  defineStep({
    name: 'start-job',
    acts: true,
    args,
    run: async (context, wish) => {
      const make = await prepareJob(context, await counted(context, wish), asking(context));
      // In the transaction that records the step, under an id made from it: a crash leads to this job and to no second one.
      return { state: 'done', detail: `operation ${context.actUuid}`, result: { operation: context.actUuid }, commit: async (tx) => void (await make(tx, context.actUuid)) };
    },
  }),
  defineStep({
    name: 'job-done',
    acts: false,
    args: z.strictObject({ step: text, agrees: z.boolean().default(false) }),
    run: async ({ database, results }, { step, agrees }) => {
      const { operation } = (results[step] ?? {}) as { operation?: string };
      const [job] = await database.query<{ state: string; stateReason: string | null; total: number; confirmed: number; failed: number; trouble: string | null; differs: boolean }>(
        `select state, state_reason as "stateReason", total, confirmed, failed, trouble, exists (select from job_member where job_id = job.id and verdict = 'differs') as differs from job where id = $1`, [operation ?? null]);
      if (job === undefined) return failed(`the step ${step} has begun no operation`);
      const progress = `${String(job.confirmed)} of ${String(job.total)} confirmed, ${String(job.failed)} failed`;
      if (job.state === 'cancelled' || job.state === 'stopped') return failed(`the operation is ${job.state}: ${job.stateReason ?? ''}; ${progress}`);
      if (job.state !== 'done') return waiting(`the operation is ${job.state}; ${progress}${job.trouble === null ? '' : `; ${job.trouble}`}`);
      if (job.failed > 0) return failed(progress);
      return agrees && job.differs ? failed('the ends still differ: see the drift of the entity') : done(progress);
    },
  }),
  defineStep({
    name: 'cancel-job',
    acts: true,
    args: z.strictObject({ step: text }),
    run: async ({ results, who, reason }, { step }) => {
      const { operation } = (results[step] ?? {}) as { operation?: string };
      return {
        state: 'done',
        detail: operation === undefined ? 'no operation was begun' : `operation ${operation} sends nothing more`,
        commit: async (tx) => {
          const { rowCount } = await tx.query(`update job set state = 'cancelled', state_reason = $2, state_by = $3, state_at = now(), next_at = now(), finished_at = now() where id = $1 and state not in ('done', 'cancelled')`, [operation ?? null, reason, who.id]);
          if (rowCount === 1) await tx.query(`with gone as (update job_member set state = 'cancelled', at = now() where job_id = $1 and state = 'requested' returning 1) update job set requested = requested - c.n from (select count(*)::int as n from gone) c where id = $1`, [operation]);
        },
      };
    },
  }),
];
