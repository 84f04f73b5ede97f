/**
 * Carries jobs out. Any number of replicas run one; whoever holds the lease works.
 * 1. Each transaction checks the fence of the lease: a replica that was overtaken can't claim or record any more.
 * 2. A batch is claimed, asked for, recorded: three steps, and a kill -9 between any two of them leads back to the same question under
 *    the same act id `<job>:<batch>`, which the owner answers without acting twice (C6).
 * 3. A door that is silent makes the job wait and say so; it never makes a member fail. Only the owner's or consumer's word does.
 * 4. Jobs don't wait for each other: a slow door holds up its own job only.
 */
import type { Lease } from '@steward/event-bus';
import { type Clock, type Database, type Logger, RejectedError, StewardError, through } from '@steward/platform';
import { DueTurns } from '../due-turns';
import { type News, tellNews } from '../events/news';
import { type Awaiting, decideNext, type JobKind, type Member, type NewMember, type Next, type Outcome, restAfterMs, retryAfterMs } from './job';
import { addMembers, awaitingMembers, type Batch, claimBatch, frozenUpTo, type Job, lockJob, nextTarget, recordOutcomes, rest, setState, unansweredBatch } from './job.store';
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

export interface JobRunnerOptions {
  readonly database: Database;
  readonly lease: Pick<Lease, 'assert' | 'fence' | 'onAcquired'>;
  readonly works: Readonly<Record<JobKind, JobWork>>;
  /** Why the target should be left alone for now, or undefined: live traffic goes first (R3). */
  readonly busy: (target: string, entity: string | null) => Promise<string | undefined>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly everyMs?: number;
}

/** How long a job waits that has found live traffic in its way. */
const yieldMs = 2_000;
const confirmEveryMs = 500;
const confirmAtOnce = 500;
const refusedAfter = 4;

type Step = { readonly job: Job; readonly next: Next; readonly yields?: string } & Partial<Batch> & { readonly awaiting?: readonly Awaiting[] };
type Tx = Parameters<typeof lockJob>[0];

export class JobRunner {
  private readonly turns: DueTurns;

  constructor(private readonly options: JobRunnerOptions) {
    const { database, lease, clock, logger, everyMs } = options;
    this.turns = new DueTurns({
      lease, clock, logger, everyMs,
      due: async (underWay) => (await database.query<{ id: string }>('select id from job where next_at <= now() and id <> all($1::uuid[]) order by next_at limit 20', [underWay])).map(({ id }) => id),
      turn: (id) => this.turn(id),
      failed: { look: 'jobs could not be looked at', turn: 'a step of the job failed, it is tried again', field: 'job' },
    });
  }

  start(): void {
    this.turns.start();
  }

  /** A job has become due: somebody asked for it, or did something to it. */
  wake(): void {
    this.turns.wake();
  }

  stop(): Promise<void> {
    return this.turns.stop();
  }

  private async turn(id: string): Promise<void> {
    const step = await this.plan(id);
    if (step === undefined) return;
    try {
      await this.carryOut(step);
    } catch (error) {
      // The fence may be what failed: then this fails as well, and the new holder goes on.
      const message = error instanceof Error ? error.message : String(error);
      await this.under(step.job.id, (tx, job) => rest(tx, id, retryAfterMs(job.tries), message, job.tries + 1));
      this.options.logger.warn({ err: error, job: id, tries: step.job.tries + 1 }, 'the job waits for an answer');
    }
  }

  /** Decides and claims in one transaction; what needs nobody's answer is done in it, too. */
  private async plan(id: string): Promise<Step | undefined> {
    const { database } = this.options;
    const target = await nextTarget(database.pool, id);
    const inTheWay = target && (await this.options.busy(target.target, target.entity));
    return this.under(id, async (tx, job) => {
      const next = decideNext(job.facts);
      switch (next.do) {
        case 'nothing':
          await rest(tx, id, null);
          return undefined;
        case 'stop':
          await setState(tx, id, 'stopped', next.reason, 'steward');
          await releaseGroups(tx, id);
          await rest(tx, id, null);
          return undefined;
        case 'finish':
          await setState(tx, id, 'done', null, 'steward');
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

  private async carryOut({ job, next, yields, batch, members = [], awaiting = [] }: Step): Promise<void> {
    const work = this.options.works[job.kind];
    if (next.do === 'freeze') {
      const page = work.page ? await work.page(job, job.freezeAfter) : { members: [], next: null, waitMs: 0 };
      await this.under(job.id, async (tx) => {
        await addMembers(tx, job.id, page.members);
        await frozenUpTo(tx, job.id, page.next);
        await rest(tx, job.id, page.waitMs ?? 0);
      });
      return;
    }
    const said = awaiting.length > 0 ? ((await work.confirm?.(job, awaiting)) ?? []) : [];
    const answered = members.length > 0 ? await this.ask(work, job, `${job.id}:${batch}`, members) : [];
    await this.under(job.id, async (tx) => {
      await recordOutcomes(tx, job.id, [...said, ...answered]);
      if (yields !== undefined) await rest(tx, job.id, yieldMs, `yields: ${yields}`);
      else if (next.do === 'await') await rest(tx, job.id, said.length > 0 ? 0 : confirmEveryMs);
      else await rest(tx, job.id, restAfterMs(members.length, job.facts.perSecond));
    });
  }

  private async ask(work: JobWork, job: Job, actId: string, members: readonly Member[]): Promise<Outcome[]> {
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

  private under<T>(id: string, work: (tx: Tx, job: Job) => Promise<T>): Promise<T | undefined> {
    const { database, lease } = this.options;
    return database.transaction(async (tx) => {
      await lease.assert(tx);
      const job = await lockJob(tx, id);
      if (job === undefined) return undefined;
      const result = await work(tx, job);
      await tellNews(tx, job.teams.map((owner): News => ({ kind: 'operation', id, owner })));
      return result;
    });
  }
}
