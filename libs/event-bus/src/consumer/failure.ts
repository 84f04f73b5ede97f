import { isConnectionError, RejectedError, StewardError } from '@steward/platform';
import type { PoolClient } from 'pg';

/** Why a dead letter was opened; also the `class` label of its metric. */
export type FaultClass =
  | 'security' // B9: the headers don't belong to the subject
  | 'unreadable' // no UTF-8, no JSON
  | 'schema' // refused by the contract
  | 'unknown-value' // C9: a value that a closed enum doesn't have
  | 'unstorable' // text that PostgreSQL can't hold
  | 'rejected' // the handler said: never
  | 'exhausted' // C3: tried often enough, for long enough
  | 'business' // C3: nothing is broken, somebody has to decide
  | 'conflict' // same revision or sequence, other content
  | 'gap' // C5b: the event before it never came
  | 'awaiting'; // C8: what it speaks of never came

/** C3, and beside its four kinds what is nobody's fault (infrastructure) and what only has to wait (C8). */
export type Failure =
  | { kind: 'infrastructure'; error: Error }
  | { kind: 'transient'; error: Error }
  | { kind: 'permanent'; error: Error; class: FaultClass }
  | { kind: 'unknown'; error: Error; readBack: ReadBack }
  | { kind: 'awaiting'; error: Error; entity: string; key: string };

/** Asks the other side whether the effect happened; its transaction is the one that marks the message applied. */
export type ReadBack = (tx: PoolClient) => Promise<'happened' | 'absent' | 'unknown'>;

// A mark beside the error, not a subclass: handlers throw these through code that wraps or rethrows nothing.
const signals = new WeakMap<Error, { kind: 'business' } | { kind: 'unknown'; readBack: ReadBack } | { kind: 'awaiting'; entity: string; key: string }>();

/** Thrown by a handler: a case for a person rather than an error; it is not tried again. */
export function businessCase(reason: string): Error {
  const error = new Error(reason);
  signals.set(error, { kind: 'business' });
  return error;
}

/** Thrown by a handler whose call may have had its effect: it is read back before anything is decided. */
export function unknownOutcome(cause: Error, readBack: ReadBack): Error {
  const error = new Error(`outcome unknown: ${cause.message}`, { cause });
  signals.set(error, { kind: 'unknown', readBack });
  return error;
}

/** Thrown by an event handler: the event waits until `key` of that state entity is stored (C8), at most as long as the strategy allows. */
export function awaiting(entity: string, key: string): Error {
  const error = new Error(`${entity} ${key} is not here yet`);
  signals.set(error, { kind: 'awaiting', entity, key });
  return error;
}

// SQLSTATE classes that say something about the server or the moment, nothing about the message; lost connections are platform's to know.
// A cancelled statement (57014) is not here: a message whose effect is too slow must be found and counted.
const passing = /^(25P0[34]|40|53|55P03|57P|58)/;
// What the database can never take: cardinality, data exception, a limit of its own (a key too long for an index).
// Constraint violations (23) are not here: under concurrency they can be a matter of order, so they get the default budget.
const never = /^(21|22|54)/;

export function classify(thrown: unknown): Failure {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const signal = signals.get(error);
  if (signal?.kind === 'business') return { kind: 'permanent', error, class: 'business' };
  if (signal) return { ...signal, error };
  if (error instanceof RejectedError) return { kind: 'permanent', error, class: 'rejected' };
  if (isConnectionError(error) || (error instanceof StewardError && isInfrastructure(error))) return { kind: 'infrastructure', error };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (/^[0-9A-Z]{5}$/.test(code)) {
    if (passing.test(code)) return { kind: 'infrastructure', error };
    if (never.test(code)) return { kind: 'permanent', error, class: 'unstorable' };
  }
  return { kind: 'transient', error };
}

/** The database's own failures come named; a fault injected anywhere but in the handler stands for one of them (T1). */
function isInfrastructure(error: StewardError): boolean {
  return error.code === 'DATABASE_UNAVAILABLE' || (error.code === 'FAULT_INJECTED' && error.place !== 'handler');
}

export interface RetryBudget {
  /** Both must be used up before a message is given up (C3). */
  readonly tries: number;
  readonly atLeastMs: number;
}
export const defaultBudget: RetryBudget = { tries: 5, atLeastMs: 15 * 60_000 };

export const isExhausted = (budget: RetryBudget, attempts: number, firstAtMs: number, nowMs: number): boolean =>
  attempts >= budget.tries && nowMs - firstAtMs >= budget.atLeastMs;

/** B4: full jitter; the ceiling grows fourfold from 4 s and ends at 10 minutes, so five tries span the quarter of an hour. */
export function retryDelayMs(attempts: number, random: () => number = Math.random): number {
  const ceiling = Math.min(4_000 * 4 ** Math.max(0, attempts - 1), 600_000);
  return 50 + Math.floor(random() * ceiling);
}
