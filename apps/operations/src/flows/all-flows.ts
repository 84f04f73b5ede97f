import { deadLetter, type DependencyStatus, type FlowsAnswer, flowsSubject, type FlowsQuestion, type FlowStatus } from '@steward/contracts';
import { StewardError } from '@steward/platform';
import { z } from 'zod';
import { instant } from '../api/answer';
import type { Ask } from '../api/feature';

export const flowView = z
  .object({
    flow: z.string().describe('`<service>.<entity, kind or builds>`'), kind: z.enum(['feed', 'effect', 'consumer']), entity: z.string().nullable(), connector: z.string().nullable(), state: z.enum(['running', 'paused']),
    pausedBy: z.string().nullable(), reason: z.string().nullable(), since: instant.nullable(), resumesAt: instant.nullable(),
    latenessMs: z.number().nullable().describe('null = not known.'), promiseMs: z.number().nullable().describe('Beyond this it is late; null without a promise.'),
    held: z.number().describe('What waits: hinted keys, open effects, messages.'), perSecond: z.number().nullable().describe('Over the last minute; null when another replica does this work.'),
  })
  .meta({ id: 'Flow', description: 'A feed, a kind of effect, or what a consumer builds.' }) satisfies z.ZodType<FlowStatus>;

export const dependencyView = z
  .object({
    service: z.string().describe('Who calls it.'), name: z.string(), breaker: z.enum(['closed', 'open', 'half-open']), budget: z.number().describe('Retries that may still be made.'), pausedUntil: instant.nullable(),
    inFlight: z.int(), waiting: z.int(), shed: z.int().describe('Calls turned away since the start.'),
  })
  .meta({ id: 'Dependency', description: 'A system that is called, as the process that answered sees it.' }) satisfies z.ZodType<DependencyStatus>;

export const silentView = z.object({ service: z.string(), code: z.string() }).meta({ id: 'Silent', description: 'Who did not answer, and so is not told of here.' });

/** Whoever consumes or reads a system of record answers for its flows, letters and traces. */
export const answering = deadLetter.systems;

type Silent = z.output<typeof silentView>;

export interface AllFlows {
  readonly items: readonly FlowStatus[];
  readonly dependencies: readonly (DependencyStatus & { readonly service: string })[];
  /** Who did not answer, and so is not told of here. */
  readonly silent: readonly Silent[];
}

/** Asks every service at once; one that is down costs its own part of the answer. */
export async function allFlows(ask: Ask, withinMs = 3_000): Promise<AllFlows> {
  const { answers, silent } = await askAll<FlowsAnswer>(ask, flowsSubject, { ask: 'list' } satisfies FlowsQuestion, withinMs);
  const told = answers.flatMap(({ service, answer }) => ('flows' in answer ? [{ service, ...answer }] : []));
  return {
    items: told.flatMap(({ flows }) => flows),
    dependencies: told.flatMap(({ service, dependencies }) => dependencies.map((dependency) => ({ service, ...dependency }))),
    silent,
  };
}

export async function askAll<A>(ask: Ask, subjectOf: (service: string) => string, question: unknown, withinMs: number): Promise<{ readonly answers: readonly { readonly service: string; readonly answer: A }[]; readonly silent: readonly Silent[] }> {
  const said = await Promise.all(
    answering.map((service) =>
      ask<A>(subjectOf(service), question, withinMs).then(
        (answer) => ({ service, answer }),
        (error: unknown): Silent => {
          if (error instanceof StewardError) return { service, code: error.code };
          throw error;
        },
      ),
    ),
  );
  return { answers: said.filter((each) => 'answer' in each), silent: said.filter((each): each is Silent => 'code' in each) };
}
