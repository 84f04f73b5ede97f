import { deadLetter, type DependencyStatus, type FlowsAnswer, flowsSubject, type FlowsQuestion, type FlowStatus } from '@steward/contracts';
import { StewardError } from '@steward/platform';
import type { Ask } from '../api/feature';

/** Whoever consumes or reads a system of record answers for its flows, letters and traces. */
export const answering = deadLetter.systems;

export interface Silent {
  readonly service: string;
  readonly code: string;
}

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
