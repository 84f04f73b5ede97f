import { randomUUID } from 'node:crypto';
import { type RunbookDeclaration, runbooks } from '@steward/contracts';
import { type Database, placesOf, RejectedError } from '@steward/platform';
import { z } from 'zod';
import { type Answered, pageAnswer } from '../api/answer';
import type { Feature } from '../api/feature';
import { Refusal } from '../api/input';
import { conflict, notFound } from '../api/outcomes';
import { act, type Asking, defineRoute, pageFields, type Route } from '../api/route';
import { audited } from '../audit/audited';
import { paramsOf, planOf, runStates, staleParts, stepKinds } from './plan';
import { steps } from './registry';
import { runbookMigrations } from './runbook.migration';
import { runbookRunner } from './runbook-runner';
import { actOnRun, insertRun, type RunAct, runActs, runOf, runRow, runsOf, runView, type RunView } from './runs.store';

const declared: ReadonlyMap<string, RunbookDeclaration> = new Map(runbooks.map((runbook) => [runbook.id, runbook]));

function runbookOf({ params }: Pick<Asking, 'params'>): RunbookDeclaration {
  const found = declared.get(params['id'] ?? '');
  if (found === undefined) throw notFound('runbook', params['id'] ?? '');
  return found;
}

const runbookView = z.object({
  id: z.string(), title: z.string(), owner: z.string().describe('The team whose operators may run it.'), file: z.string(),
  params: z.record(z.string(), z.object({ type: z.enum(['text', 'number', 'list', 'flag']), says: z.string(), optional: z.boolean(), values: z.array(z.string()).nullable().describe('Nothing else is accepted.') })),
  steps: z.array(z.object({
    id: z.string(), kind: z.enum(stepKinds), says: z.string(), run: z.string(), with: z.record(z.string(), z.unknown()).describe('`$name` stands for a parameter.'), of: z.string().nullable().describe('Of an undo: the command that it takes back.'),
    when: z.string().nullable().describe('Only when this parameter was given.'), withinMs: z.number(),
  })),
  stale: z.array(z.string()).describe('Why it can not be run.'),
}).meta({ id: 'Runbook', description: 'What the head of a runbook says.' }) satisfies z.ZodType<RunbookDeclaration>;

/** Parts that the code does not know are told with it: who needs it at night must not find out then. */
const shownRunbook = (runbook: RunbookDeclaration): Answered<typeof runbookView> => ({ ...runbook, stale: staleParts(runbook, steps) });

export const runbooksFeature: Feature = {
  name: 'runbooks',
  migrations: runbookMigrations,
  open: ({ database, ask, clock, logger }) => {
    const runner = runbookRunner({ database, steps, ask, clock, logger });
    const runFound = async (asking: Pick<Asking, 'params' | 'allow'>): Promise<RunView> => {
      const { id, owner } = runbookOf(asking);
      await asking.allow('viewer', owner, `runbook ${id}`);
      const run = asking.params['run'] ?? '';
      const found = z.uuid().safeParse(run).success ? await runOf(database, id, run) : undefined;
      if (found === undefined) throw notFound('run', run);
      return found;
    };
    return {
      start: () => runner.start(),
      stop: () => runner.stop(),
      routes: [
        defineRoute({ method: 'GET', path: '/runbooks', operationId: 'runbooks', summary: 'What can be carried out, with parameters and steps', role: 'viewer', answer: z.object({ items: z.array(runbookView) }), handle: async () => ({ items: runbooks.map(shownRunbook) }) }),
        defineRoute({ method: 'GET', path: '/runbooks/{id}', operationId: 'runbook', summary: 'One runbook', role: 'viewer', answer: runbookView, handle: async (asking) => shownRunbook(runbookOf(asking)) }),
        defineRoute({
          method: 'GET', path: '/runbooks/{id}/runs', operationId: 'runbookRuns', summary: 'Who carried it out, when and why; the latest first', role: 'viewer', query: pageFields, answer: pageAnswer(runRow),
          handle: async (asking) => {
            const { id, owner } = runbookOf(asking);
            await asking.allow('viewer', owner, `runbook ${id}`);
            return runsOf(database, id, asking.query);
          },
        }),
        defineRoute({ method: 'GET', path: '/runbooks/{id}/runs/{run}', operationId: 'runbookRun', summary: 'A run with the results of its steps', role: 'viewer', answer: runView, handle: runFound }),
        defineRoute({
          method: 'POST', path: '/runbooks/{id}/runs', operationId: 'startRunbook', summary: 'Carries a runbook out; with dryRun only its preconditions and looks', role: 'operator', status: 202, answer: runView,
          body: act({ params: z.record(z.string(), z.unknown(), { error: 'an object' }).default({}) }),
          handle: async (asking) => {
            const id = await startRun(database, asking, runbookOf(asking));
            runner.wake();
            return runFound({ ...asking, params: { ...asking.params, run: id } });
          },
        }),
        ...(Object.keys(runActs) as RunAct[]).map((name) => runActRoute(database, name, runFound, () => runner.wake())),
      ],
    };
  },
};

type Click = Pick<Asking<unknown, { readonly reason: string; readonly dryRun: boolean; readonly params: Record<string, unknown> }>, 'who' | 'allow' | 'traceId' | 'body'>;

async function startRun(database: Database, { who, allow, traceId, body: { reason, dryRun, params: given } }: Click, declaration: RunbookDeclaration): Promise<string> {
  await allow('operator', declaration.owner, `runbook ${declaration.id}`);
  const checked = paramsOf(declaration).safeParse(given);
  if (!checked.success) throw new Refusal(placesOf(checked.error, given).map((place) => ({ ...place, pointer: `/params${place.pointer}` })));
  const stale = staleParts(declaration, steps);
  if (stale.length > 0) throw new RejectedError('OPERATIONS_CONFLICT', `the runbook is stale: ${stale.join('; ')}`);
  const id = randomUUID();
  await database.transaction(async (tx) => {
    await insertRun(tx, { id, declaration, params: checked.data, who, reason, traceId, dryRun, plan: planOf(declaration, checked.data, dryRun) });
    const after = { runbook: declaration.id, params: checked.data, dryRun };
    await audited(tx, { who, owner: declaration.owner, act: 'run runbook', subject: `runbook ${declaration.id} run ${id}`, outcome: 'asked', reason, after, traceId });
  });
  return id;
}

const summaries: Readonly<Record<RunAct, string>> = {
  resume: 'Goes on with the step that failed',
  cancel: 'No further step; what was done stays done',
  undo: 'Takes back what was done, the last command first',
};

function runActRoute(database: Database, name: RunAct, runFound: (asking: Asking) => Promise<RunView>, wake: () => void): Route {
  return defineRoute({
    method: 'POST', path: `/runbooks/{id}/runs/{run}/${name}`, operationId: `${name}RunbookRun`, summary: summaries[name], role: 'operator', body: act({}), answer: runView.extend({ would: z.enum(runStates).optional().describe('Of a dry run: the state that it would be in.') }),
    handle: async (asking) => {
      const run = await runFound(asking as Asking);
      const { reason, dryRun } = asking.body;
      await asking.allow('operator', run.owner, `runbook ${run.runbook} run ${run.id}`);
      const { from, to } = runActs[name];
      if (!(from as readonly string[]).includes(run.state)) throw conflict(`the run is ${run.state}`, `a run that is ${from.join(' or ')}`);
      if (dryRun) return { ...run, would: to };
      await database.transaction(async (tx) => {
        if (!(await actOnRun(tx, run.id, name, asking.who.id))) throw conflict('the run has changed in this moment', 'the run as it is now');
        await audited(tx, { who: asking.who, owner: run.owner, act: `${name} runbook run`, subject: `runbook ${run.runbook} run ${run.id}`, reason, before: { state: run.state }, after: { state: to }, traceId: asking.traceId });
      });
      wake();
      return runFound(asking as Asking);
    },
  });
}
