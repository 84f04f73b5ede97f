/**
 * The only way out to a system of record.
 * 1. Retries happen here and nowhere else (R1), only for idempotent calls, with full jitter, paid for by the budget (R2).
 * 2. Nothing is sent after the deadline, the call's or that of whoever it is made for, and an attempt never outlives it.
 * 3. Retry-After and our own limit hold for all calls of the dependency together; the dearest that waits goes first (R3).
 * 4. While the breaker is open nothing is sent; one probe of all replicas at a time finds out whether the dependency is back.
 * 5. Addresses in errors and labels carry neither query nor credentials.
 * Order from the outside: deadline, retries, admission (seats, pace, lanes), breaker, attempt.
 */
import { randomUUID } from 'node:crypto';
import type { DependencyStatus } from '@steward/contracts';
import { type Clock, counter, gauge, guardedConnect, type Logger, StewardError } from '@steward/platform';
import { Agent } from 'undici';
import { Admission } from './admission';
import { addressOf, type HttpAnswer, type HttpCall, type Outcome, sendOnce } from './attempt.client';
import { aloneLease, Breaker, type BreakerState, type ProbeLease, type Verdict } from './breaker';
import { currentCaller } from './caller';
import { nothingSent } from './nothing-sent';
import { type FleetTokens, RetryBudget } from './retry-budget';

export interface HttpLimits {
  /** Calls under way at the same time; more wait. */
  readonly concurrency: number;
  readonly perSecond: number;
  /** For a call with its retries. */
  readonly deadlineMs: number;
  /** For one attempt; a hanging answer is given up after it. */
  readonly attemptMs: number;
  /** Retries that can be saved up, by all replicas together (R1). */
  readonly retryBucket: number;
  readonly maxAnswerBytes: number;
  /** The header in which this system takes the milliseconds that are left, where it takes any. */
  readonly deadlineHeader?: string;
}

export const defaultLimits: HttpLimits = { concurrency: 8, perSecond: 150, deadlineMs: 20_000, attemptMs: 8_000, retryBucket: 10, maxAnswerBytes: 64 * 1024 * 1024 };

export interface ResilientHttp {
  /** Throws SOURCE_UNAVAILABLE, SOURCE_TIMEOUT, SOURCE_RATE_LIMITED, SOURCE_SHED or SOURCE_REFUSED. */
  readonly send: (call: HttpCall) => Promise<HttpAnswer>;
  readonly state: () => Omit<DependencyStatus, 'name'>;
  readonly close: () => Promise<void>;
}

export interface ResilientHttpOptions {
  /** Names the system in metrics, such as `pim-sandbox`. */
  readonly dependency: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits?: Partial<HttpLimits> | undefined;
  readonly random?: () => number;
  /** Shared by all replicas; without it this process probes for itself. */
  readonly lease?: ProbeLease;
  /** Likewise; without it this process has a budget of its own. */
  readonly tokens?: FleetTokens;
  readonly lateMs?: () => number;
  /** The breaker has closed again. */
  readonly onBack?: () => void;
  /** It is open and has cooled down: the next call may be the probe, and there may be none for long. */
  readonly onCooled?: () => void;
}

type Failure = Exclude<Outcome, { kind: 'ok' }>;

const calls = counter('steward_source_calls_total', 'Calls to a system of record, retries included, by outcome', ['dependency', 'outcome']);
const budgetLeft = gauge('steward_retry_budget_tokens', 'Retries a dependency may still cost (R1)', ['dependency']);
const breakerState = gauge('steward_breaker_state', 'Circuit breaker: 0 closed, 1 open, 2 half-open', ['dependency']);

const sheds = counter('steward_shed_total', 'Calls turned away because dearer ones wait or the process is late (R3)', ['dependency', 'lane']);
const underWay = gauge('steward_source_calls_in_flight', 'Calls to a system of record that are under way', ['dependency']);

const firstBackoffMs = 200;
const maxBackoffMs = 5_000;
/** Also between a probe of which nothing came, such as one that was called off, and the next one. */
const cooledMarginMs = 50;
const stateNumbers = { closed: 0, open: 1, 'half-open': 2 } as const;

/**
 * An HTTP client for one dependency, shared by all its callers; throws SOURCE_… errors, marked `nothingSent` if no attempt can have had an
 * effect.
 */
export function resilientHttp(options: ResilientHttpOptions): ResilientHttp {
  const { dependency, clock, logger, random = Math.random, lease = aloneLease, lateMs, onBack, onCooled } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const agent = new Agent({ connections: limits.concurrency, connect: guardedConnect(limits.attemptMs), maxResponseSize: limits.maxAnswerBytes });
  const budget = new RetryBudget({ clock, bucket: limits.retryBucket, tokens: options.tokens });
  let shed = 0;
  const admission = new Admission({
    concurrency: limits.concurrency, perSecond: limits.perSecond, clock, ...(lateMs === undefined ? {} : { lateMs }),
    onShed: (lane) => {
      shed += 1;
      sheds.inc({ dependency, lane });
    },
  });
  const breaker = new Breaker({
    clock, lease, random,
    onChange: (state: BreakerState) => {
      logger.warn({ dependency, breaker: state }, 'circuit breaker changed');
      show();
      if (state === 'closed') onBack?.();
      if (state === 'open') void tellCooled();
    },
  });
  const closing = new AbortController();
  const tellCooled = async (): Promise<void> => {
    // Timers may ring a little early, and a call that comes early is turned away.
    await clock.sleep(breaker.coolsForMs + cooledMarginMs, closing.signal);
    if (!closing.signal.aborted && breaker.state === 'open') onCooled?.();
  };
  const show = (): void => {
    budgetLeft.set({ dependency }, budget.left);
    breakerState.set({ dependency }, stateNumbers[breaker.state]);
    underWay.set({ dependency }, admission.inFlight);
  };
  show();

  /** A turn, and a breaker that lets it through. */
  const guarded = async (call: HttpCall, requestId: string, deadline: number): Promise<Outcome> => {
    const turn = await admission.enter({ lane: currentCaller().lane, deadline, signal: call.signal });
    if (turn.kind !== 'go') return { kind: turn.kind === 'late' ? 'limited' : turn.kind, detail: turn.detail, unsent: true };
    try {
      const ended = await breaker.enter();
      if (ended === undefined) return { kind: 'broken', detail: 'the circuit breaker is open', unsent: true };
      return await attempt(call, requestId, { deadline, ended });
    } finally {
      turn.leave();
    }
  };

  const attempt = async (call: HttpCall, requestId: string, { deadline, ended }: { deadline: number; ended: (verdict: Verdict) => void }): Promise<Outcome> => {
    let verdict: Verdict = 'unknown';
    try {
      const left = deadline - clock.now();
      // Timers may ring a little early: what has less than a millisecond left has none.
      if (left < 1) return { kind: 'timeout', detail: 'the deadline passed before the call was sent', unsent: true };
      const { deadlineHeader } = limits;
      const outcome = await sendOnce({ agent, call, requestId, withinMs: Math.min(left, limits.attemptMs), nowMs: clock.now(), deadlineHeader });
      calls.inc({ dependency, outcome: outcome.kind });
      // What was given little time and took more says nothing about the system.
      verdict = outcome.kind === 'timeout' && left < limits.attemptMs / 4 ? 'unknown' : verdictOf(outcome);
      return outcome;
    } finally {
      ended(verdict);
    }
  };

  const send = async (asked: HttpCall): Promise<HttpAnswer> => {
    const caller = currentCaller();
    const call = withSignal(asked, caller.signal);
    const deadline = clock.now() + Math.min(call.deadlineMs ?? limits.deadlineMs, (caller.until ?? Infinity) - performance.now());
    // The same for all attempts of a call, so that the other side can tell a retry from another call.
    const requestId = randomUUID();
    const repeatable = call.idempotent ?? (call.method === undefined || call.method === 'GET');
    // Of all attempts: one that timed out may have been read, however plainly the next one was turned away.
    let unsent = true;
    for (let tries = 0; ; tries += 1) {
      const outcome = await guarded(call, requestId, deadline);
      if (outcome.kind === 'ok' || outcome.kind === 'refused') budget.succeeded();
      if (outcome.kind === 'ok') {
        show();
        return outcome.answer;
      }
      unsent &&= outcome.unsent === true;
      if (outcome.retryAfter !== undefined) admission.pause(outcome.retryAfter);
      const backoff = Math.max(outcome.retryAfter ?? 0, random() * Math.min(maxBackoffMs, firstBackoffMs * 2 ** tries));
      // With the breaker open a retry would only find it open.
      const again = repeatable && isPassing(outcome) && breaker.state === 'closed' && clock.now() + backoff < deadline && (await budget.spend());
      show();
      if (!again) throw unsent ? nothingSent(toError(outcome, call, dependency)) : toError(outcome, call, dependency);
      await clock.sleep(backoff, call.signal).catch(() => undefined);
    }
  };

  const state = (): Omit<DependencyStatus, 'name'> => {
    const { pausedUntil, inFlight, waiting } = admission;
    return { breaker: breaker.state, budget: Math.round(budget.left * 10) / 10, pausedUntil: pausedUntil === undefined ? null : new Date(pausedUntil).toISOString(), inFlight, waiting, shed };
  };
  return {
    send,
    state,
    close: () => {
      closing.abort();
      return agent.destroy();
    },
  };
}

function withSignal(call: HttpCall, callers: AbortSignal | undefined): HttpCall {
  if (callers === undefined || call.signal === callers) return call;
  return { ...call, signal: call.signal === undefined ? callers : AbortSignal.any([call.signal, callers]) };
}

/** A 429 is no fault of the dependency's health, and a refusal is an answer: neither opens the breaker. */
function verdictOf({ kind }: Outcome): Verdict {
  if (kind === 'unreachable' || kind === 'timeout' || kind === 'server') return 'fails';
  return kind === 'aborted' ? 'unknown' : 'works';
}

/** `broken` is not: nothing was sent, and trying again at once would find the same. */
const isPassing = ({ kind }: Failure): boolean => kind === 'unreachable' || kind === 'timeout' || kind === 'server' || kind === 'limited';

const codes = {
  unreachable: 'SOURCE_UNAVAILABLE',
  server: 'SOURCE_UNAVAILABLE',
  broken: 'SOURCE_UNAVAILABLE',
  shed: 'SOURCE_SHED',
  aborted: 'SOURCE_ABORTED',
  timeout: 'SOURCE_TIMEOUT',
  limited: 'SOURCE_RATE_LIMITED',
  refused: 'SOURCE_REFUSED',
} as const satisfies Record<Failure['kind'], string>;

function toError({ kind, detail, cause }: Failure, call: HttpCall, dependency: string): StewardError {
  return new StewardError(codes[kind], `${dependency}: ${detail}`, { cause, place: addressOf(call) });
}
