/**
 * What a saga can ask of other systems, in our own words; a vendor's folder says how. Every write has a look: what it came to must
 * be found by the natural key alone, however its answer was lost (ADR 0018).
 */
import type { EffectCall, EffectOutcome, Source } from '@steward/adapter-kit';
import type { EffectAnswer } from '../saga/input';
import type { Authorize, CancelPlaced, CapturePart, Place, RefundPart, Void } from '../saga/intent';

export type Written = EffectOutcome<EffectAnswer>;
export type Found = Written | { readonly kind: 'absent' };

export interface Write<Request> {
  readonly submit: (request: Request, call: EffectCall) => Promise<Written>;
  readonly look: (request: Request, call: EffectCall & { readonly answer: EffectAnswer | null }) => Promise<Found>;
}

/** The OMS: where an order is worked at. */
export interface OrderDesk {
  readonly place: Write<Place>;
  readonly cancel: Write<CancelPlaced>;
  /** How much later than it was told it may show an order (S6). */
  readonly settleMs: number;
}

export interface OmsSource extends Source {
  readonly desk: OrderDesk;
  /** Numbers of orders that were cancelled there since then, by whomever, where the OMS can be asked; more than was asked for does no harm. */
  readonly cancelledSince?: (since: Date, signal: AbortSignal) => Promise<readonly string[]>;
}

/** The payment provider. Amounts are minor units of the contract; the provider's own exponents are the connector's business. */
export interface PaymentDesk {
  readonly authorize: Write<Authorize>;
  readonly capture: Write<CapturePart>;
  readonly release: Write<Void>;
  readonly refund: Write<RefundPart>;
  readonly settleMs: number;
}
