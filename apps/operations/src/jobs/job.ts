/** What a job is, and what it does next: pure, so that every rule about pausing, canaries and giving up can be read in one place. */

export const jobKinds = ['retry', 'recover-failed', 'replay-missing', 'replay-all', 'resync', 'reconcile', 'repair'] as const;
export type JobKind = (typeof jobKinds)[number];

/** stopped = by its own rule (canary, too many failures): a person looks at it and resumes or cancels it. */
export type JobState = 'awaiting-approval' | 'freezing' | 'running' | 'paused' | 'stopped' | 'cancelled' | 'done';

/** sent = the owner was asked; whether it worked is what the consumer says, not what we hope. skipped = somebody else was quicker. */
export type MemberState = 'requested' | 'sent' | 'confirmed' | 'failed' | 'skipped' | 'cancelled';

/** One letter, key or check of a job, frozen when the job was asked for. */
export interface Member {
  readonly place: number;
  /** The service whose door is asked. */
  readonly target: string;
  readonly entity: string | null;
  /** The letter's id, the entity's key, or what else the kind acts on. */
  readonly item: string;
  /** What the owner announced it as, once it has. */
  readonly revision: number | null;
}

export type NewMember = Pick<Member, 'target' | 'entity' | 'item'>;

/** Done at the owner; the consumer's word is still to come. */
export interface Awaiting extends Member {
  readonly detail: string | null;
  readonly at: Date;
}

/** What would become of it. */
export interface Forecast {
  readonly item: string;
  readonly verdict: string;
  readonly detail: string;
}

export interface Outcome {
  readonly place: number;
  /** sent = done at the owner, the consumer's word is still awaited. */
  readonly state: 'sent' | 'confirmed' | 'failed' | 'skipped';
  readonly verdict: string;
  readonly detail: string;
  readonly revision?: number | null;
}

export interface Limits {
  /** So many go first, alone; one failure among them stops the job. */
  readonly canary: number;
  /** So many failures since it was started or resumed stop the job. */
  readonly stopAfter: number;
  readonly perSecond: number;
}

export interface JobFacts extends Limits {
  readonly state: JobState;
  /** Of which state has how many members. */
  readonly requested: number;
  /** A batch whose owner has not answered: asked before a crash, or in vain. */
  readonly unanswered: boolean;
  /** Done at the owner and not confirmed by a consumer yet. */
  readonly awaiting: number;
  /** Failures that nobody has looked at yet. */
  readonly failed: number;
  readonly canaryRequested: number;
  readonly canaryAwaiting: number;
  readonly canaryFailed: number;
}

export type Next =
  | { readonly do: 'nothing' }
  | { readonly do: 'freeze' }
  | { readonly do: 'ask-again' }
  | { readonly do: 'send'; readonly size: number }
  | { readonly do: 'await' }
  | { readonly do: 'stop'; readonly reason: string }
  | { readonly do: 'finish' };

/** A batch is one question to a door. At 100 an owner that takes 50 ms for each is done before the question times out. */
const mostInBatch = 100;
/** More than this unconfirmed and the consumers are behind: sending on would only make their queue longer. */
const mostAwaiting = 1_000;

export function decideNext(job: JobFacts): Next {
  // Also of a paused or cancelled job: what an owner was asked is settled, so that no member stays in doubt for ever.
  if (job.unanswered) return { do: 'ask-again' };
  if (job.state === 'freezing') return { do: 'freeze' };
  if (job.state !== 'running') return job.awaiting > 0 ? { do: 'await' } : { do: 'nothing' };
  if (job.canaryFailed > 0) return { do: 'stop', reason: `${job.canaryFailed} of the first ${job.canary} failed` };
  if (job.failed >= job.stopAfter) return { do: 'stop', reason: `${job.failed} failed` };
  if (job.canaryAwaiting > 0 || job.awaiting >= mostAwaiting) return { do: 'await' };
  const inCanary = job.canaryRequested > 0 ? job.canaryRequested : Number.POSITIVE_INFINITY;
  // Never more in flight than may still fail: "stop after 5" is 5 and not 5 and the rest of the batch.
  const size = Math.min(mostInBatch, Math.max(1, job.perSecond), inCanary, job.stopAfter - job.failed);
  if (job.requested > 0) return { do: 'send', size };
  return job.awaiting > 0 ? { do: 'await' } : { do: 'finish' };
}

/** How long the job rests after a batch, so that it keeps its rate. */
export function restAfterMs(size: number, perSecond: number): number {
  return Math.ceil((size * 1_000) / perSecond);
}

const firstPauseMs = 500;
const longestPauseMs = 30_000;

/** After a door that did not answer: the same question again, later each time and never in step with other jobs. */
export function retryAfterMs(tries: number, random = Math.random()): number {
  const most = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(tries, 10));
  return Math.ceil(most / 2 + (random * most) / 2);
}

/** What a person may do to a job; from which states, and what it is then. */
export const jobActs = {
  approve: { from: ['awaiting-approval'], to: 'freezing' },
  pause: { from: ['freezing', 'running'], to: 'paused' },
  resume: { from: ['paused', 'stopped'], to: 'freezing' },
  cancel: { from: ['awaiting-approval', 'freezing', 'running', 'paused', 'stopped'], to: 'cancelled' },
} as const satisfies Record<string, { readonly from: readonly JobState[]; readonly to: JobState }>;
export type JobAct = keyof typeof jobActs;
