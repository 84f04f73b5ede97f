/**
 * From what a call came to, to what becomes of the effect. Pure.
 * 1. Sent again is only what is known not to have happened: nothing was sent, or an absence that counts (S6).
 * 2. What is thrown proves nothing else.
 */
import { RejectedError, StewardError } from '@steward/platform';
import { isNothingSent } from '../http/nothing-sent';
import type { EffectOutcome } from './define-effect';
import type { Claimed, EffectFault, NextState } from './effect.store';

export type Result = EffectOutcome | { readonly kind: 'absent' } | { readonly kind: 'thrown'; readonly error: unknown };

/** What is counted of each step; also the label of the metric. */
type StepOutcome = 'confirmed' | 'refused' | 'pending' | 'unknown' | 'unsent' | 'absent';

export interface Step {
  readonly counts: StepOutcome;
  readonly next: NextState;
  /** What the adapter's own code is to be told. */
  readonly outcome?: EffectOutcome;
}

export const abandoned: EffectFault = { code: 'EFFECT_ABANDONED', reason: 'given up, and it has not happened' };

const firstBackoffMs = 1_000;
const longestBackoffMs = 60_000;
/** What was sent a moment ago is mostly there: a first look costs a read and saves the settle time. */
const firstLookMs = 1_000;

type Before = Pick<Claimed, 'was' | 'failures' | 'absenceCountsInMs' | 'abandoned' | 'error' | 'answer'>;

export function afterCall(before: Before, result: Result, random: () => number = Math.random): Step {
  const backoff = (failures: number): number => 50 + random() * Math.min(longestBackoffMs, firstBackoffMs * 2 ** Math.min(failures, 10));
  switch (result.kind) {
    case 'confirmed':
      return { counts: 'confirmed', next: { state: 'confirmed', answer: result.answer, error: null, failures: 0, afterMs: 0 }, outcome: result };
    case 'refused':
      return refusal({ code: result.code, reason: result.reason });
    case 'pending': {
      const next: NextState = { state: 'pending', answer: result.answer, error: null, failures: 0, afterMs: result.checkAfterMs };
      const told = before.was === 'pending' && JSON.stringify(before.answer) === JSON.stringify(result.answer);
      return { counts: 'pending', next, ...(told ? {} : { outcome: result }) };
    }
    case 'absent':
      return afterAbsence(before, backoff);
    case 'thrown':
      return afterFailure(before, result.error, backoff, random);
  }
}

function afterAbsence(before: Before, backoff: (failures: number) => number): Step {
  const failures = before.failures + 1;
  // Once it was there. A list that misses it now is no proof that it is gone, and a second one would be a second effect.
  if (before.was === 'pending') {
    return { counts: 'absent', next: { state: 'pending', error: { code: 'SOURCE_INCONSISTENT', reason: 'it was there before and is not found now' }, failures, afterMs: backoff(failures) } };
  }
  if (before.absenceCountsInMs > 0) return { counts: 'absent', next: { state: 'unknown', error: before.error, failures: before.failures, afterMs: before.absenceCountsInMs } };
  if (before.abandoned) return refusal(abandoned);
  if (before.error?.never === true) return refusal(before.error);
  // Who says that it is not there is there: what an outage has cost before is no reason to wait on (R4). The pace of a system that loses
  // what it is sent is kept by the deadline and the settle time, which are over by now.
  return { counts: 'absent', next: { state: 'intended', error: before.error, failures, afterMs: backoff(0) } };
}

function afterFailure(before: Before, error: unknown, backoff: (failures: number) => number, random: () => number): Step {
  const failures = before.failures + 1;
  const fault = faultOf(error);
  if (before.was !== 'intended') return { counts: 'unknown', next: { state: before.was === 'pending' ? 'pending' : 'unknown', error: before.error?.never === true ? before.error : fault, failures, afterMs: backoff(failures) } };
  if (isNothingSent(error)) return before.abandoned ? refusal(abandoned) : { counts: 'unsent', next: { state: 'intended', error: fault, failures, afterMs: backoff(failures) } };
  return { counts: 'unknown', next: { state: 'unknown', error: fault, failures, afterMs: random() * firstLookMs } };
}

function refusal({ code, reason }: EffectFault): Step {
  return { counts: 'refused', next: { state: 'refused', error: { code, reason }, failures: 0, afterMs: 0 }, outcome: { kind: 'refused', code, reason } };
}

function faultOf(error: unknown): EffectFault {
  const code = error instanceof StewardError ? error.code : error instanceof Error ? error.name : 'Error';
  const reason = (error instanceof Error ? error.message : String(error)).slice(0, 1_000);
  return { code, reason, ...(error instanceof RejectedError ? { never: true } : {}) };
}
