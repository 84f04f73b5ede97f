/** What an adapter has to say about one kind of write to a system of record (ADR 0018). Data and functions, run by the kit. */
import type { PoolClient } from 'pg';
import type { z } from 'zod';

export type EffectOutcome<Answer = unknown> =
  | { readonly kind: 'confirmed'; readonly answer: Answer }
  /** The system said no; the same request will never be sent again. */
  | { readonly kind: 'refused'; readonly code: string; readonly reason: string }
  /** Accepted there and not final (a payment that waits for its payer): read back after that time, or when touched. */
  | { readonly kind: 'pending'; readonly answer: Answer; readonly checkAfterMs: number };

export interface EffectCall {
  /** The natural key under which the system can be asked for it. */
  readonly key: string;
  /** The same for every try of this effect, for ever. */
  readonly idempotencyKey: string;
  /** Aborted at the deadline. */
  readonly signal: AbortSignal;
}

export interface Settled<Request = unknown, Answer = unknown> {
  readonly key: string;
  readonly request: Request;
  readonly outcome: EffectOutcome<Answer>;
  readonly correlationId: string | null;
  readonly traceparent: string | null;
}

export interface EffectSpec<Request, Answer> {
  /** Never renamed: it is half of the key. */
  readonly kind: string;
  /** A request of another form is refused unsent (EFFECT_REQUEST_INVALID), and told as it is. */
  readonly request?: z.ZodType<Request>;
  /**
   * Sends once. An expected answer is an outcome. What is thrown with the mark of `nothingSent` (the resilient client sets it) is
   * sent again later; after anything else thrown nobody knows, and it is read back first.
   */
  readonly submit: (request: Request, call: EffectCall) => Promise<EffectOutcome<Answer>>;
  /** Looks under the natural key; `answer` is the last one known. Nothing there is `absent`, an answer that can't be had is thrown. */
  readonly readBack: (request: Request, call: EffectCall & { readonly answer: Answer | null }) => Promise<EffectOutcome<Answer> | { readonly kind: 'absent' }>;
  /**
   * What follows, in the transaction that stores the outcome: once for confirmed or refused, and each time the answer of a pending
   * one changes. May lock rows of its own; locks of effects come after those (intendEffects and touchEffect take them too).
   */
  readonly settled: (tx: PoolClient, settled: Settled<Request, Answer>) => Promise<void>;
  /** S6: no request of a submit is under way longer than this. */
  readonly deadlineMs: number;
  /** S6: how much later than that the system may still show what it was told. */
  readonly settleMs: number;
  /** Calls of this kind at the same time, in each process. */
  readonly concurrency?: number;
}

/** An effect whose types have been checked. */
export type Effect = EffectSpec<unknown, unknown>;

// As with feeds: `submit` gets what `request` let through, `settled` what `submit` and `readBack` gave, so the erasure is sound.
/**
 * Declares one kind of write.
 * @throws TypeError if the kind is not kebab-case
 */
export function defineEffect<Request, Answer>(spec: EffectSpec<Request, Answer>): Effect {
  if (!/^[a-z][a-z0-9-]*$/.test(spec.kind)) throw new TypeError(`effect ${spec.kind}: a kind is kebab-case`);
  return spec as unknown as Effect;
}

export const idempotencyKeyOf = (kind: string, key: string): string => `${kind}:${key}`;
