import { type FlowsAnswer, flowsSubject, type FlowStatus } from '@steward/contracts';
import { z } from 'zod';
import { defineStep, done, failed, type StepContext, waiting } from '../step';

const name = z.string().min(1).max(200);
type Listed = Extract<FlowsAnswer, { flows: unknown }>;

async function listed({ ask }: StepContext, service: string): Promise<Listed> {
  const answer = await ask<FlowsAnswer>(flowsSubject(service), { ask: 'list' });
  return 'flows' in answer ? answer : { flows: [], dependencies: [] };
}

const flowOf = async (context: StepContext, { service, flow }: { service: string; flow: string }): Promise<FlowStatus | undefined> => (await listed(context, service)).flows.find((each) => each.flow === flow);

const seconds = (ms: number | null): string => (ms === null ? 'an unknown time' : `${String(Math.round(ms / 1_000))} s`);
const isLate = ({ latenessMs, promiseMs }: FlowStatus): boolean => latenessMs === null || (promiseMs !== null && latenessMs > promiseMs);

export const flowSteps = [
  defineStep({
    name: 'flow-known',
    acts: false,
    args: z.strictObject({ service: name, flow: name }),
    run: async (context, args) => {
      const { flows } = await listed(context, args.service);
      const found = flows.find(({ flow }) => flow === args.flow);
      return found === undefined ? failed(`${args.service} has no flow ${args.flow}, but ${flows.map(({ flow }) => flow).join(', ')}`) : done(`${args.flow} is ${found.state}, ${seconds(found.latenessMs)} behind, ${String(found.held)} wait`, found);
    },
  }),
  defineStep({
    name: 'flow-late',
    acts: false,
    args: z.strictObject({ service: name, flow: name }),
    run: async (context, args) => {
      const found = await flowOf(context, args);
      if (found === undefined) return failed(`${args.service} has no flow ${args.flow}`);
      return isLate(found) || found.state === 'paused' ? done(`${args.flow} is ${seconds(found.latenessMs)} behind`, found) : failed(`${args.flow} is ${seconds(found.latenessMs)} behind, which is within its promise`);
    },
  }),
  defineStep({
    name: 'flow-on-time',
    acts: false,
    args: z.strictObject({ service: name, flow: name }),
    run: async (context, args) => {
      const found = await flowOf(context, args);
      if (found === undefined) return failed(`${args.service} has no flow ${args.flow}`);
      if (found.state === 'paused') return waiting(`${args.flow} is paused`);
      return isLate(found) ? waiting(`${args.flow} is ${seconds(found.latenessMs)} behind`) : done(`${args.flow} is ${seconds(found.latenessMs)} behind, within its promise`);
    },
  }),
  // Pausing twice, or resuming what runs, changes nothing: both can be repeated after a crash.
  defineStep({
    name: 'pause-flow',
    acts: true,
    args: z.strictObject({ service: name, flow: name, minutes: z.int().min(1).max(10_080).default(240) }),
    run: async ({ ask, who, reason, since }, args) => {
      // By itself at the latest then: a flow that somebody forgot would be silent.
      const resumesAt = new Date(since.getTime() + args.minutes * 60_000).toISOString();
      await ask<FlowsAnswer>(flowsSubject(args.service), { ask: 'pause', flow: args.flow, actor: who.id, reason, resumesAt });
      return done(`${args.flow} is paused, at the latest until ${resumesAt}`);
    },
  }),
  defineStep({
    name: 'resume-flow',
    acts: true,
    args: z.strictObject({ service: name, flow: name }),
    run: async ({ ask, who, reason }, args) => {
      await ask<FlowsAnswer>(flowsSubject(args.service), { ask: 'resume', flow: args.flow, actor: who.id, reason });
      return done(`${args.flow} goes on`);
    },
  }),
  defineStep({
    name: 'dependencies',
    acts: false,
    args: z.strictObject({ service: name }),
    run: async (context, args) => {
      const { dependencies } = await listed(context, args.service);
      return done(dependencies.map((each) => `${each.name}: breaker ${each.breaker}`).join(', ') || 'it calls nobody', { dependencies });
    },
  }),
  defineStep({
    name: 'dependencies-answer',
    acts: false,
    args: z.strictObject({ service: name }),
    run: async (context, args) => {
      const { dependencies } = await listed(context, args.service);
      const down = dependencies.filter(({ breaker, pausedUntil }) => breaker !== 'closed' || pausedUntil !== null);
      return down.length === 0 ? done('every breaker is closed') : waiting(down.map((each) => `${each.name}: breaker ${each.breaker}`).join(', '));
    },
  }),
];
