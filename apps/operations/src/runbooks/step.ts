/** A step of a runbook, in code. It acts only through contracts, doors and jobs: never in a database that is not its own. */
import type { Database } from '@steward/platform';
import type { PoolClient } from 'pg';
import type { z } from 'zod';
import type { Ask } from '../api/feature';
import type { Operator } from '../api/roles';

export interface StepContext {
  readonly ask: Ask;
  readonly database: Database;
  /** The same at each try of this step in this run: what was done under it is not done again. */
  readonly actId: string;
  /** A UUID made from it, for what has to have one. */
  readonly actUuid: string;
  readonly who: Pick<Operator, 'id' | 'name'>;
  readonly reason: string;
  readonly traceId: string;
  /** When the run was asked for. */
  readonly since: Date;
  /** How often a person has resumed the run at this step. */
  readonly resumed: number;
  /** Results of the steps before, by their ids. */
  readonly results: Readonly<Record<string, unknown>>;
}

export interface StepResult {
  /** waiting = not yet so; it is asked again until its time is over. failed = it will not be so. */
  readonly state: 'done' | 'waiting' | 'failed';
  readonly detail: string;
  /** Kept with the run. */
  readonly result?: unknown;
  /** Done in the transaction that records the step: both or neither. */
  readonly commit?: (tx: PoolClient) => Promise<void>;
}

export interface Step<A = unknown> {
  readonly name: string;
  /** A command changes something; the rest only looks, and is carried out by dry runs too. */
  readonly acts: boolean;
  readonly args: z.ZodType<A>;
  readonly run: (context: StepContext, args: A) => Promise<StepResult>;
}

export function defineStep<A>(step: Step<A>): Step {
  return step as unknown as Step;
}

export const done = (detail: string, result?: unknown): StepResult => ({ state: 'done', detail, ...(result === undefined ? {} : { result }) });
export const waiting = (detail: string, result?: unknown): StepResult => ({ state: 'waiting', detail, ...(result === undefined ? {} : { result }) });
export const failed = (detail: string, result?: unknown): StepResult => ({ state: 'failed', detail, ...(result === undefined ? {} : { result }) });
