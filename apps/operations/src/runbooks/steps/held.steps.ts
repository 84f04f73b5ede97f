import { contracts, type HeldAnswer, type HeldCase, heldSubject } from '@steward/contracts';
import { z } from 'zod';
import { audited, PLATFORM } from '../../audit/audited';
import { findWish, needsTwo, SECOND_PERSON, want } from '../../second-person/second-person';
import { defineStep, done, failed, type StepContext, type StepResult, waiting } from '../step';

const systems = [...new Set(contracts.filter(({ kind, told }) => kind === 'state' && !told).flatMap((contract) => contract.systems))];
const system = z.enum(systems as [string, ...string[]]);
const caseId = z.uuid();

async function casesOf({ ask }: StepContext, of: string): Promise<readonly HeldCase[]> {
  const answer = await ask<HeldAnswer>(heldSubject(of), { act: 'list' });
  return 'cases' in answer ? answer.cases : [];
}

const described = ({ entity, rule, count, total, detail }: HeldCase): string => `${entity} ${rule ?? 'deletions'}: ${String(count)} of ${String(total)} held, ${detail}`;

/** Money and stock: whoever runs the runbook is the first who wants it, and the second agrees at the case. */
async function waitForTwo({ database, who, reason, traceId }: StepContext, found: HeldCase): Promise<StepResult> {
  const wanted = { subject: `case ${found.id}`, act: 'release', seen: String(found.count) };
  const wish = await findWish(database, wanted);
  if (wish !== undefined) return done(`${wish.actor} wanted it; it waits for ${SECOND_PERSON}`);
  const owner = contracts.find(({ entity }) => entity === found.entity)?.owner.team ?? PLATFORM;
  return {
    ...done(`it waits for ${SECOND_PERSON}: steward case release ${found.id}`),
    commit: async (tx) => {
      await want(tx, wanted, who, reason);
      await audited(tx, { who, owner, act: 'release case', subject: wanted.subject, outcome: 'asked', reason, before: { state: found.state }, after: { waitsFor: 'a second person' }, traceId });
    },
  };
}

export const heldSteps = [
  defineStep({
    name: 'held-case-open',
    acts: false,
    args: z.strictObject({ system, caseId }),
    run: async (context, args) => {
      const found = (await casesOf(context, args.system)).find(({ id }) => id === args.caseId);
      if (found === undefined) return failed(`${args.system} holds no case ${args.caseId}: it was decided, or closed by itself`);
      return found.state === 'open' || found.state === 'refused' ? done(described(found), found) : failed(`the case is ${found.state}`);
    },
  }),
  defineStep({
    name: 'held-items',
    acts: false,
    args: z.strictObject({ system, caseId }),
    run: async ({ ask }, args) => {
      const answer = await ask<HeldAnswer>(heldSubject(args.system), { act: 'items', id: args.caseId, limit: 100 });
      // Whole states stay with their owner; who decides needs what was and what would be.
      const items = 'items' in answer ? answer.items.map(({ key, was, becomes }) => ({ key, was, becomes })) : [];
      return done(items.length === 0 ? 'deletions: the case itself lists the keys' : `${String(items.length)} shown`, { items });
    },
  }),
  defineStep({
    name: 'decide-held',
    acts: true,
    args: z.strictObject({ system, caseId, decision: z.enum(['release', 'refuse']) }),
    run: async (context, args) => {
      const wanted = args.decision === 'release' ? 'released' : 'refused';
      // Decided before a crash, or by somebody else in the same way: a second decision would be refused.
      const found = (await casesOf(context, args.system)).find(({ id }) => id === args.caseId);
      if (found === undefined || found.state === wanted) return done(`the case is ${wanted} or closed already`);
      if (args.decision === 'release' && needsTwo([found.entity])) return waitForTwo(context, found);
      await context.ask<HeldAnswer>(heldSubject(args.system), { act: args.decision, id: args.caseId, actor: context.who.id, reason: context.reason });
      return done(`${described(found)}: ${wanted}`);
    },
  }),
  defineStep({
    name: 'held-case-decided',
    acts: false,
    args: z.strictObject({ system, caseId, decision: z.enum(['release', 'refuse']) }),
    run: async (context, args) => {
      const found = (await casesOf(context, args.system)).find(({ id }) => id === args.caseId);
      if (found === undefined) return done('the case is closed, nothing of it is held any more');
      if (args.decision === 'refuse') return found.state === 'refused' ? done('refused; its keys stay as they were until the source says something sound') : waiting(`the case is ${found.state}`);
      if (found.state === 'open') return waiting(`it waits for ${SECOND_PERSON}: steward case release ${found.id}`);
      return waiting(`${String(found.count)} still wait to be read again`);
    },
  }),
];
