import { contracts, type DriftRow, type ReconciliationAnswer, reconciliationSubject, type TraceAnswer, type TraceEntry, type TraceQuestion, traceSubject } from '@steward/contracts';
import { z } from 'zod';
import { defineStep, done, failed, type StepContext, waiting } from '../step';

const text = z.string().min(1).max(300);
const thing = z.strictObject({ sku: text.optional(), orderId: text.optional(), customerId: text.optional() });

const services = contracts.find(({ entity }) => entity === 'dead-letter')?.systems ?? [];

/** All that all services know of the thing, in the order of time. Who does not answer is named: a gap is not the same as nothing. */
async function traced({ ask }: StepContext, question: z.output<typeof thing>): Promise<{ entries: TraceEntry[]; silent: string[] }> {
  const silent: string[] = [];
  const answers = await Promise.all(services.map((service) => ask<TraceAnswer>(traceSubject(service), question as TraceQuestion, 5_000).catch(() => {
    silent.push(service);
    return [];
  })));
  return { entries: answers.flat().toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)), silent };
}

const gaps = (silent: readonly string[]): string => (silent.length === 0 ? '' : `; no answer of ${silent.join(', ')}`);

export const traceSteps = [
  defineStep({
    name: 'thing-known',
    acts: false,
    args: thing,
    run: async (context, question) => {
      const { entries, silent } = await traced(context, question);
      return entries.length === 0 ? failed(`nobody knows it${gaps(silent)}`) : done(`${String(entries.length)} entries${gaps(silent)}`, { silent });
    },
  }),
  defineStep({
    name: 'trace-shown',
    acts: false,
    args: thing,
    run: async (context, question) => {
      const { entries, silent } = await traced(context, question);
      const last = entries.at(-1);
      return done(`last: ${last === undefined ? 'nothing' : `${last.service} ${last.what} ${last.entity}, ${last.summary}`}${gaps(silent)}`, { entries, silent });
    },
  }),
  defineStep({
    name: 'state-moved',
    acts: false,
    args: z.strictObject({ entity: text, orderId: text.optional(), sku: text.optional(), customerId: text.optional() }),
    run: async (context, { entity, ...question }) => {
      const { entries, silent } = await traced(context, question);
      const moved = entries.find((entry) => entry.entity === entity && (entry.what === 'announced' || entry.what === 'applied') && Date.parse(entry.at) >= context.since.getTime());
      return moved === undefined ? waiting(`${entity} has not moved since the run began${gaps(silent)}`) : done(`${moved.service} ${moved.what} ${entity} at ${moved.at}: ${moved.summary}`);
    },
  }),
  defineStep({
    name: 'drift-shown',
    acts: false,
    args: z.strictObject({ check: text.optional(), entity: text.optional() }),
    run: async ({ ask }, { check, entity }) => {
      const answer = await ask<ReconciliationAnswer>(reconciliationSubject, { ask: 'drift', ...(check === undefined ? {} : { check }) }, 30_000);
      const open = ('drift' in answer ? answer.drift : []).filter((drift: DriftRow) => drift.state === 'open' && (entity === undefined || drift.entity === entity));
      return done(open.length === 0 ? 'no difference is open' : `${String(open.length)} differences are open`, { drift: open.slice(0, 100).map(({ id, check: of, key, kind, cause, exposure }) => ({ id, check: of, key, kind, cause, exposure })) });
    },
  }),
];
