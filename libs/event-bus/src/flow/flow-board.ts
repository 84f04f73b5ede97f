/** All flows of a service: what the desk sees of them, and where it pauses them. */
import type { DependencyStatus, FlowKind, FlowsAnswer, FlowsQuestion, FlowStatus } from '@steward/contracts';
import { beforeScrape, type Database, gauge, type Logger, RejectedError } from '@steward/platform';
import { z } from 'zod';
import type { FlowSwitch } from './flow-switch';
import { type Pause, pauseFlow, resumeFlow } from './flow.store';

export interface Flow {
  /** `<service>.<what>`, once in a service. */
  readonly flow: string;
  readonly kind: FlowKind;
  readonly entity: string | null;
  readonly connector: string | null;
  readonly promiseMs: number | null;
  readonly look: () => Promise<Pick<FlowStatus, 'latenessMs' | 'held' | 'perSecond'>>;
}

const lateness = gauge('steward_flow_lateness_seconds', 'How far a flow is behind; compare with steward_flow_promise_seconds', ['flow', 'kind']);
const promise = gauge('steward_flow_promise_seconds', 'How far a flow may be behind by its contract', ['flow', 'kind']);
const held = gauge('steward_flow_held', 'What waits in a flow: hinted keys, open effects, messages', ['flow', 'kind']);

const words = z.string().trim().min(1).max(2_000);

const question: z.ZodType<FlowsQuestion> = z.discriminatedUnion('ask', [
  z.strictObject({ ask: z.literal('list') }),
  z.strictObject({ ask: z.literal('pause'), flow: words, actor: words, reason: words, resumesAt: z.iso.datetime({ offset: true }).nullable() }),
  z.strictObject({ ask: z.literal('resume'), flow: words, actor: words, reason: words }),
]);

export interface FlowBoardOptions {
  readonly database: Pick<Database, 'query'>;
  readonly flowSwitch: Pick<FlowSwitch, 'pauseOf'>;
  readonly logger: Logger;
  readonly now: () => number;
  readonly dependencies?: () => readonly DependencyStatus[];
}

export class FlowBoard {
  private readonly flows = new Map<string, Flow>();
  private readonly unwatch: () => void;

  constructor(private readonly options: FlowBoardOptions) {
    this.unwatch = beforeScrape(async () => {
      for (const { flow, kind, latenessMs, promiseMs, held: waiting } of await this.list()) {
        // Unknown is not zero: a series that is missing is one that an alert can see.
        if (latenessMs === null) lateness.remove({ flow, kind });
        else lateness.set({ flow, kind }, latenessMs / 1_000);
        if (promiseMs !== null) promise.set({ flow, kind }, promiseMs / 1_000);
        held.set({ flow, kind }, waiting);
      }
    });
  }

  add(flows: readonly Flow[]): void {
    for (const each of flows) {
      if (this.flows.has(each.flow)) throw new TypeError(`two flows are called ${each.flow}`);
      this.flows.set(each.flow, each);
    }
  }

  close(): void {
    this.unwatch();
  }

  async answer(asked: unknown): Promise<FlowsAnswer> {
    const wish = question.parse(asked);
    if (wish.ask === 'list') return { flows: await this.list(), dependencies: this.options.dependencies?.() ?? [] };
    const { flow, actor, reason } = wish;
    if (!this.flows.has(flow)) throw new RejectedError('FLOW_UNKNOWN', flow, { place: '/flow', accepted: [...this.flows.keys()].toSorted().join(' | ') });
    const { database, now } = this.options;
    if (wish.ask === 'resume') return { done: await resumeFlow(database, flow, { actor, reason }) };
    const resumesAt = wish.resumesAt === null ? null : new Date(wish.resumesAt);
    if (resumesAt !== null && resumesAt.getTime() <= now()) throw new RejectedError('FLOW_RESUMES_IN_THE_PAST', wish.resumesAt ?? '', { place: '/resumesAt', accepted: 'a time to come, or null' });
    await pauseFlow(database, flow, { actor, reason, resumesAt });
    return { done: true };
  }

  private async list(): Promise<FlowStatus[]> {
    return Promise.all([...this.flows.values()].toSorted((one, other) => (one.flow < other.flow ? -1 : 1)).map(async ({ look, ...flow }) => ({ ...flow, ...(await this.seen(flow.flow, look)), ...pauseOf(this.options.flowSwitch.pauseOf(flow.flow)) })));
  }

  /** What can't be looked at is not known; the others are shown all the same. */
  private async seen(flow: string, look: Flow['look']): ReturnType<Flow['look']> {
    try {
      return await look();
    } catch (error) {
      this.options.logger.warn({ err: error, flow }, 'a flow could not be looked at');
      return { latenessMs: null, held: 0, perSecond: null };
    }
  }
}

function pauseOf(pause: Pause | undefined): Pick<FlowStatus, 'state' | 'pausedBy' | 'reason' | 'since' | 'resumesAt'> {
  if (pause === undefined) return { state: 'running', pausedBy: null, reason: null, since: null, resumesAt: null };
  return { state: 'paused', pausedBy: pause.actor, reason: pause.reason, since: pause.since.toISOString(), resumesAt: pause.resumesAt?.toISOString() ?? null };
}

/** The smallest age beyond which the contract calls a field stale. */
export function promiseOf({ freshness }: { readonly freshness: Readonly<Record<string, { readonly staleAfterMs: number }>> }): number | null {
  const budgets = Object.values(freshness).map(({ staleAfterMs }) => staleAfterMs);
  return budgets.length === 0 ? null : Math.min(...budgets);
}
