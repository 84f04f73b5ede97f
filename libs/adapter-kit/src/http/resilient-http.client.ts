/**
 * The only way out to a system of record.
 * 1. Retries happen here and nowhere else (R1), only for idempotent calls, with full jitter, paid for by the budget (R2).
 * 2. Nothing is sent after the deadline, and an attempt never outlives it.
 * 3. Retry-After and our own limit hold for all calls of the dependency together.
 * 4. While the breaker is open nothing is sent; one probe at a time finds out whether the dependency is back.
 * 5. Addresses in errors and labels carry neither query nor credentials.
 * Order from the outside: deadline, retries, bulkhead, pace, breaker, attempt.
 */
import { randomUUID } from 'node:crypto';
import { type Clock, counter, gauge, type Logger, StewardError } from '@steward/platform';
import { BrokenCircuitError, bulkhead, BulkheadRejectedError, circuitBreaker, CircuitState, ConsecutiveBreaker, ExponentialBackoff, handleWhenResult } from 'cockatiel';
import { Agent } from 'undici';
import { addressOf, type HttpAnswer, type HttpCall, type Outcome, sendOnce } from './attempt.client';
import { CallPace } from './call-pace';
import { nothingSent } from './nothing-sent';
import { RetryBudget } from './retry-budget';

export interface HttpLimits {
  /** Calls under way at the same time; more wait. */
  readonly concurrency: number;
  readonly perSecond: number;
  /** For a call with its retries. */
  readonly deadlineMs: number;
  /** For one attempt; a hanging answer is given up after it. */
  readonly attemptMs: number;
  /** Retries that can be saved up (R1). */
  readonly retryBucket: number;
  readonly maxAnswerBytes: number;
}

const defaultLimits: HttpLimits = { concurrency: 8, perSecond: 150, deadlineMs: 20_000, attemptMs: 8_000, retryBucket: 10, maxAnswerBytes: 64 * 1024 * 1024 };

export interface ResilientHttp {
  /** Throws SOURCE_UNAVAILABLE, SOURCE_TIMEOUT, SOURCE_RATE_LIMITED or SOURCE_REFUSED. */
  readonly send: (call: HttpCall) => Promise<HttpAnswer>;
  readonly state: () => { readonly breaker: 'closed' | 'open' | 'half-open'; readonly budget: number };
  readonly close: () => Promise<void>;
}

export interface ResilientHttpOptions {
  /** Names the system in metrics, such as `pim-sandbox`. */
  readonly dependency: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits?: Partial<HttpLimits> | undefined;
  readonly random?: () => number;
}

type Failure = Exclude<Outcome, { kind: 'ok' }>;

const calls = counter('steward_source_calls_total', 'Calls to a system of record, retries included, by outcome', ['dependency', 'outcome']);
const budgetLeft = gauge('steward_retry_budget_tokens', 'Retries a dependency may still cost (R1)', ['dependency']);
const breakerState = gauge('steward_breaker_state', 'Circuit breaker: 0 closed, 1 open, 2 half-open', ['dependency']);

const firstBackoffMs = 200;
const maxBackoffMs = 5_000;
const breakAfter = 5;
const openForMs = { initialDelay: 500, maxDelay: 15_000 };

export function resilientHttp(options: ResilientHttpOptions): ResilientHttp {
  const { dependency, clock, logger, random = Math.random } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const agent = new Agent({ connections: limits.concurrency, connectTimeout: limits.attemptMs, maxResponseSize: limits.maxAnswerBytes });
  const budget = new RetryBudget(limits.retryBucket);
  const pace = new CallPace(limits.perSecond, clock);
  const seats = bulkhead(limits.concurrency, limits.concurrency * 64);
  // A 429 is no fault of the dependency's health, and a refusal is an answer: neither opens the breaker.
  const isFault = (outcome: unknown): boolean => ['unreachable', 'timeout', 'server'].includes((outcome as Outcome).kind);
  const breaker = circuitBreaker(handleWhenResult(isFault), { breaker: new ConsecutiveBreaker(breakAfter), halfOpenAfter: new ExponentialBackoff(openForMs) });
  const show = (): void => {
    budgetLeft.set({ dependency }, budget.left);
    breakerState.set({ dependency }, { closed: 0, open: 1, 'half-open': 2 }[nameOf(breaker.state)]);
  };
  breaker.onStateChange((state) => logger.warn({ dependency, breaker: nameOf(state) }, 'circuit breaker changed'));
  show();

  const attempt = async (call: HttpCall, requestId: string, deadline: number): Promise<Outcome> => {
    const wait = pace.take(deadline);
    if (wait === undefined) return { kind: 'limited', detail: 'the next turn would come after the deadline', unsent: true };
    if (wait > 0) await clock.sleep(wait, call.signal);
    const left = deadline - clock.now();
    if (left <= 0) return { kind: 'timeout', detail: 'the deadline passed before the call was sent', unsent: true };
    return breaker.execute(async () => {
      const outcome = await sendOnce({ agent, call, requestId, withinMs: Math.min(left, limits.attemptMs), nowMs: clock.now() });
      calls.inc({ dependency, outcome: outcome.kind });
      return outcome;
    });
  };

  const guarded = async (call: HttpCall, requestId: string, deadline: number): Promise<Outcome> => {
    try {
      return await seats.execute(() => attempt(call, requestId, deadline));
    } catch (cause) {
      if (call.signal?.aborted) return { kind: 'aborted', detail: 'the caller gave up', cause };
      if (cause instanceof BrokenCircuitError) return { kind: 'broken', detail: 'the circuit breaker is open', unsent: true, cause };
      if (cause instanceof BulkheadRejectedError) return { kind: 'broken', detail: 'too many calls are waiting', unsent: true, cause };
      throw cause;
    }
  };

  const send = async (call: HttpCall): Promise<HttpAnswer> => {
    const deadline = clock.now() + (call.deadlineMs ?? limits.deadlineMs);
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
      if (outcome.retryAfter !== undefined) pace.pause(outcome.retryAfter);
      const backoff = Math.max(outcome.retryAfter ?? 0, random() * Math.min(maxBackoffMs, firstBackoffMs * 2 ** tries));
      const again = repeatable && isPassing(outcome) && clock.now() + backoff < deadline && budget.spend();
      show();
      if (!again) throw unsent ? nothingSent(toError(outcome, call, dependency)) : toError(outcome, call, dependency);
      await clock.sleep(backoff, call.signal).catch(() => undefined);
    }
  };
  return { send, state: () => ({ breaker: nameOf(breaker.state), budget: budget.left }), close: () => agent.destroy() };
}

/** `broken` is not: nothing was sent, and trying again at once would find the same. */
const isPassing = ({ kind }: Failure): boolean => kind === 'unreachable' || kind === 'timeout' || kind === 'server' || kind === 'limited';

const codes = {
  unreachable: 'SOURCE_UNAVAILABLE',
  server: 'SOURCE_UNAVAILABLE',
  broken: 'SOURCE_UNAVAILABLE',
  aborted: 'SOURCE_ABORTED',
  timeout: 'SOURCE_TIMEOUT',
  limited: 'SOURCE_RATE_LIMITED',
  refused: 'SOURCE_REFUSED',
} as const satisfies Record<Failure['kind'], string>;

function toError({ kind, detail, cause }: Failure, call: HttpCall, dependency: string): StewardError {
  return new StewardError(codes[kind], `${dependency}: ${detail}`, { cause, place: addressOf(call) });
}

function nameOf(state: CircuitState): 'closed' | 'open' | 'half-open' {
  return state === CircuitState.Closed ? 'closed' : state === CircuitState.HalfOpen ? 'half-open' : 'open';
}
