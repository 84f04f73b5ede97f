import { outboxMigrations } from '@steward/event-bus';
import { type Database, RejectedError } from '@steward/platform';
import { z } from 'zod';
import { pageAnswer } from '../api/answer';
import type { Feature } from '../api/feature';
import { conflict, notFound } from '../api/outcomes';
import { ownersSeen } from '../api/roles';
import { act, Answer, type Asking, defineRoute, pageFields, type Route } from '../api/route';
import { audited, PLATFORM } from '../audit/audited';
import { type News, tellNews } from '../events/news';
import { announceWork } from './announce.work';
import { type JobAct, jobActs, type JobState } from './job';
import { jobMigrations } from './job.migration';
import { jobRunner, type JobRunnerOptions } from './job-runner';
import { lettersWork } from './letters.work';
import { reconcileWork, repairWork } from './reconcile.work';
import { preview, previewed, requestBody, requestJob } from './request';
import { markGroups, releaseGroups } from './targets';
import { jobStates, membersOf, memberStates, memberView, operationDetail, operationOf, type OperationDetail, operations, operationView } from './views';
import { yielding } from './yielding';

const text = z.string().min(1).max(200);

export const jobsFeature: Feature = {
  name: 'jobs',
  migrations: [...outboxMigrations, ...jobMigrations],
  open: ({ database, ask, clock, logger }) => {
    const announce = announceWork({ ask, database, clock });
    const letters = lettersWork(ask);
    const works: JobRunnerOptions['works'] = {
      retry: letters, 'recover-failed': letters, 'replay-missing': announce, 'replay-all': announce, resync: announce, reconcile: reconcileWork(ask), repair: repairWork(ask, clock),
    };
    const runner = jobRunner({ database, works, busy: yielding(ask, clock), clock, logger });
    const shown = async ({ who }: Pick<Asking, 'who'>, id: string): Promise<OperationDetail> => {
      const found = z.uuid().safeParse(id).success ? await operationOf(database, who, id) : undefined;
      if (found === undefined) throw notFound('operation', id);
      return found;
    };
    return {
      start: () => runner.start(),
      stop: () => runner.stop(),
      routes: [
        defineRoute({
          method: 'GET', path: '/operations', operationId: 'operations', summary: 'Jobs, the latest first', role: 'viewer',
          query: { ...pageFields, q: z.string().max(1_000).optional(), state: text.optional(), kind: text.optional() }, answer: pageAnswer(operationView),
          handle: ({ who, query }) => operations.page(database, query, ownersSeen(who)),
        }),
        defineRoute({
          method: 'GET', path: '/operations/{id}', operationId: 'operation', summary: 'One job: progress, rate, and how many are new since the click', role: 'viewer', answer: operationDetail,
          handle: (asking) => shown(asking, asking.params['id'] ?? ''),
        }),
        defineRoute({
          method: 'GET', path: '/operations/{id}/members', operationId: 'operationMembers', summary: 'What the job acts on, as it was frozen, and what became of each', role: 'viewer',
          query: { ...pageFields, state: z.enum(memberStates, { error: memberStates.join(', ') }).optional() }, answer: pageAnswer(memberView),
          handle: async (asking) => membersOf(database, (await shown(asking, asking.params['id'] ?? '')).id, asking.query),
        }),
        defineRoute({
          method: 'POST', path: '/operations', operationId: 'startOperation', summary: 'Counts, freezes and begins a job; with dryRun it only counts and says what would become of each', role: 'operator', body: requestBody,
          status: 202, answer: operationDetail, otherwise: { status: 200, answer: previewed },
          handle: async (asking) => {
            if (asking.body.dryRun) return new Answer(200, await preview({ database, ask }, asking.body, asking));
            const id = await requestJob({ database, ask }, asking.body, asking);
            runner.wake();
            return shown(asking, id);
          },
        }),
        ...(Object.keys(jobActs) as JobAct[]).map((name) => actRoute(database, name, (asking, id) => shown(asking, id), () => runner.wake())),
      ],
    };
  },
};

const summaries: Readonly<Record<JobAct, string>> = {
  approve: 'A second person lets a job about money or stock begin',
  pause: 'No further batch is sent; what was sent is still settled',
  resume: 'Goes on where it was; failures seen so far stop it no more',
  cancel: 'What was not sent is never sent',
};

function actRoute(database: Database, name: JobAct, shown: (asking: Asking, id: string) => Promise<OperationDetail>, wake: () => void): Route {
  return defineRoute({
    method: 'POST', path: `/operations/{id}/${name}`, operationId: `${name}Operation`, summary: summaries[name], role: name === 'approve' ? 'approver' : 'operator',
    body: act({}), answer: operationDetail.extend({ would: z.enum(jobStates).optional().describe('Of a dry run: the state that it would be in.') }),
    handle: async (asking) => {
      const job = await shown(asking, asking.params['id'] ?? '');
      const { reason, dryRun } = asking.body;
      for (const team of job.teams) await asking.allow(name === 'approve' ? 'approver' : 'operator', team, `operation ${job.id}`);
      // Whoever wants it can't be who agrees to it.
      if (name === 'approve' && job.actor === asking.who.id) throw new RejectedError('OPERATIONS_SECOND_PERSON', `${job.actor} asked for it`, { place: 'authorization', accepted: 'somebody else with the role approver' });
      if (!allowed(name, job.state)) throw conflict(`the operation is ${job.state}`, `an operation that is ${jobActs[name].from.join(' or ')}`);
      if (dryRun) return { ...job, would: jobActs[name].to };
      await database.transaction(async (tx) => {
        if (!(await carryOut(tx, name, job.id, { actor: asking.who.id, reason }))) throw conflict('the operation has changed in this moment', 'the operation as it is now');
        const teams = job.teams.length === 0 ? [PLATFORM] : job.teams;
        await audited(tx, ...teams.map((owner) => ({ who: asking.who, owner, act: `${name} operation`, subject: `operation ${job.id}`, reason, before: { state: job.state }, after: { state: jobActs[name].to }, traceId: asking.traceId })));
        await tellNews(tx, job.teams.map((owner): News => ({ kind: 'operation', id: job.id, owner })));
      });
      wake();
      return shown(asking, job.id);
    },
  });
}

const allowed = (name: JobAct, state: JobState): boolean => (jobActs[name].from as readonly JobState[]).includes(state);

/** Under the row's lock: of two who act at once one finds the state that the other left. */
async function carryOut(tx: Parameters<typeof audited>[0], name: JobAct, id: string, { actor, reason }: { readonly actor: string; readonly reason: string }): Promise<boolean> {
  // Members that the click named need no freezing, and must get none: it would read everything of the entity; failures that were seen when resuming are forgiven, so that they don't stop it at once.
  const to = name === 'pause' || name === 'cancel' ? `'${jobActs[name].to}'` : `case when frozen or total > 0 and freeze_after is null then 'running' else 'freezing' end`;
  const { rowCount } = await tx.query(
    `update job set state = ${to}, state_reason = $3, state_by = $2, state_at = now(), next_at = now(), forgiven = case when $4 = 'resume' then failed else forgiven end,
        approved_by = case when $4 = 'approve' then $2 else approved_by end, approved_reason = case when $4 = 'approve' then $3 else approved_reason end,
        approved_at = case when $4 = 'approve' then now() else approved_at end, finished_at = case when $4 = 'cancel' then now() end,
        frozen = frozen or ($4 = 'approve' and total > 0), started_at = case when $4 = 'approve' then now() else started_at end
      where id = $1 and state = any($5::text[])`,
    [id, actor, reason, name, jobActs[name].from],
  );
  if (rowCount === 1 && name === 'resume') await markGroups(tx, id, actor);
  if (rowCount === 1 && name === 'cancel') {
    await releaseGroups(tx, id);
    await tx.query(`with gone as (update job_member set state = 'cancelled', at = now() where job_id = $1 and state = 'requested' returning 1)
      update job set requested = requested - c.n from (select count(*)::int as n from gone) c where id = $1`, [id]);
  }
  return rowCount === 1;
}
