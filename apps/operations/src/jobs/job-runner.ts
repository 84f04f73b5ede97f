/**
 * Carries jobs out.
 * 1. Each transaction checks the fence of the lease (due-turns.ts).
 * 2. A batch is claimed, asked for, recorded: three steps, and a kill -9 between any two of them leads back to the same question under
 *    the same act id `<job>:<batch>`, which the owner answers without acting twice (C6).
 * 3. A door that is silent makes the job wait and say so; it never makes a member fail. Only the owner's or consumer's word does.
 * 4. Jobs don't wait for each other: a slow door holds up its own job only.
 */
import { RejectedError, StewardError, through } from '@steward/platform';
import type { PoolClient } from 'pg';
import { DueTurns, type DueTurnsOptions, type Fenced } from '../due-turns';
import { type News, tellNews } from '../events/news';
import { type Awaiting, decideNext, type JobKind, type Member, type NewMember, type Next, type Outcome, restAfterMs, retryAfterMs } from './job';
import { addMembers, awaitingMembers, type Batch, claimBatch, frozenUpTo, type Job, lockJob, nextTarget, recordOutcomes, rest, endJob, unansweredBatch } from './job.store';
import { releaseGroups } from './targets';

/** How one kind of job asks its doors. */
export interface JobWork {
  /** Idempotent under `actId`: asked twice it answers what happened the first time. */
  readonly send: (job: Job, actId: string, members: readonly Member[]) => Promise<Outcome[]>;
  /** What the consumers say of members that are done at the owner; who is not in the answer is still awaited. */
  readonly confirm?: (job: Job, members: readonly Awaiting[]) => Promise<Outcome[]>;
  /** The members behind `after`, page by page; of kinds whose members are not frozen by the click itself. */
  readonly page?: (job: Job, after: unknown) => Promise<{ readonly members: readonly NewMember[]; readonly next: unknown; readonly waitMs?: number }>;
}

export interface JobRunnerOptions extends DueTurnsOptions {
  readonly works: Readonly<Record<JobKind, JobWork>>;
  /** Why the target should be left alone for now, or undefined: live traffic goes first (R3). */
  readonly busy: (target: string, entity: string | null) => Promise<string | undefined>;
}

/** How long a job waits that has found live traffic in its way. */
const yieldMs = 2_000;
const confirmEveryMs = 500;
const confirmAtOnce = 500;
const refusedAfter = 4;

type Step = { readonly job: Job; readonly next: Next; readonly yields?: string } & Partial<Batch> & { readonly awaiting?: readonly Awaiting[] };
type Under = <T>(id: string, work: (tx: PoolClient, job: Job) => Promise<T>) => Promise<T | undefined>;

export function jobRunner(options: JobRunnerOptions): DueTurns {
  return new DueTurns(options, { name: 'jobs', table: 'job', one: 'job', atOnce: 20, turn: (id, fenced) => turn(options, jobsUnder(fenced), id) });
}

/** Works on a job under its row's lock, and tells everybody who may see it. */
const jobsUnder = (fenced: Fenced): Under => (id, work) =>
  fenced(async (tx) => {
    const job = await lockJob(tx, id);
    if (job === undefined) return undefined;
    const result = await work(tx, job);
    await tellNews(tx, job.teams.map((owner): News => ({ kind: 'operation', id, owner })));
    return result;
  });

async function turn(options: JobRunnerOptions, under: Under, id: string): Promise<void> {
  const step = await plan(options, under, id);
  if (step === undefined) return;
  try {
    await carryOut(options.works[step.job.kind], under, step);
  } catch (error) {
    // The fence may be what failed: then this fails as well, and the new holder goes on.
    const message = error instanceof Error ? error.message : String(error);
    await under(id, (tx, job) => rest(tx, id, retryAfterMs(job.tries), message, job.tries + 1));
    options.logger.warn({ err: error, job: id, tries: step.job.tries + 1 }, 'the job waits for an answer');
  }
}

/** Decides and claims in one transaction; what needs nobody's answer is done in it, too. */
async function plan({ database, busy }: JobRunnerOptions, under: Under, id: string): Promise<Step | undefined> {
  const target = await nextTarget(database.pool, id);
  const inTheWay = target && (await busy(target.target, target.entity));
  return under(id, async (tx, job) => {
    const next = decideNext(job.facts);
    switch (next.do) {
      case 'nothing':
        await rest(tx, id, null);
        return undefined;
      case 'stop':
        await endJob(tx, id, 'stopped', next.reason);
        await releaseGroups(tx, id);
        await rest(tx, id, null);
        return undefined;
      case 'finish':
        await endJob(tx, id, 'done');
        await releaseGroups(tx, id);
        await rest(tx, id, null);
        return undefined;
      case 'ask-again':
        return { job, next, ...(await unansweredBatch(tx, id)) };
      case 'await':
        return { job, next, awaiting: await awaitingMembers(tx, id, confirmAtOnce) };
      case 'send': {
        const awaiting = job.facts.awaiting > 0 ? await awaitingMembers(tx, id, confirmAtOnce) : [];
        if (inTheWay !== undefined) return { job, next, awaiting, yields: inTheWay };
        return { job, next, awaiting, ...(await claimBatch(tx, id, next.size)) };
      }
      case 'freeze':
        return { job, next };
    }
  });
}

async function carryOut(work: JobWork, under: Under, { job, next, yields, batch, members = [], awaiting = [] }: Step): Promise<void> {
  if (next.do === 'freeze') {
    const page = work.page ? await work.page(job, job.freezeAfter) : { members: [], next: null, waitMs: 0 };
    await under(job.id, async (tx) => {
      await addMembers(tx, job.id, page.members);
      await frozenUpTo(tx, job.id, page.next);
      await rest(tx, job.id, page.waitMs ?? 0);
    });
    return;
  }
  const said = awaiting.length > 0 ? ((await work.confirm?.(job, awaiting)) ?? []) : [];
  const answered = members.length > 0 ? await ask(work, job, `${job.id}:${batch}`, members) : [];
  await under(job.id, async (tx) => {
    await recordOutcomes(tx, job.id, [...said, ...answered]);
    if (yields !== undefined) await rest(tx, job.id, yieldMs, `yields: ${yields}`);
    else if (next.do === 'await') await rest(tx, job.id, said.length > 0 ? 0 : confirmEveryMs);
    else await rest(tx, job.id, restAfterMs(members.length, job.facts.perSecond));
  });
}

async function ask(work: JobWork, job: Job, actId: string, members: readonly Member[]): Promise<Outcome[]> {
  try {
    const outcomes = await through('external-call', () => work.send(job, actId, members));
    const told = new Set(outcomes.map(({ place }) => place));
    // An owner that leaves one out does not know it; left as it is, the member would be asked about for ever.
    const untold = members.filter(({ place }) => !told.has(place)).map(({ place }): Outcome => ({ place, state: 'failed', verdict: 'unknown', detail: 'the owner says nothing about it' }));
    return [...outcomes, ...untold];
  } catch (error) {
    // The door read the question and will not take it: each member has its answer. An owner's passing trouble looks the same at first.
    const refused = error instanceof RejectedError || (error instanceof StewardError && error.code === 'OPERATIONS_OWNER_REFUSED' && job.tries >= refusedAfter);
    if (refused) return members.map(({ place }): Outcome => ({ place, state: 'failed', verdict: 'refused', detail: error.message }));
    throw error;
  }
}
