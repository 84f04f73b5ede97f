/** Everything that can happen to an order. Each may come twice, late, or before what it follows from. */
import type { CancelOrder, PlaceOrder, RefundPayment, RequestReturn, Shipment, StockReservation } from '@steward/contracts';
import type { RejectionCode } from './saga';

/** What the check of an order's promises and totals found. */
export type Verdict = { readonly kind: 'sound' } | { readonly kind: 'unsound'; readonly code: RejectionCode; readonly message: string; readonly sku: string | null };

export const effectKinds = ['authorize', 'capture', 'void', 'refund', 'place', 'cancel-placed'] as const;
export type EffectKind = (typeof effectKinds)[number];

/** What a write to another system came to; the kinds are those of the kit's effects. */
export type Outcome =
  | { readonly kind: 'confirmed'; readonly answer: EffectAnswer }
  | { readonly kind: 'pending'; readonly answer: EffectAnswer }
  | { readonly kind: 'refused'; readonly code: string; readonly reason: string };

export interface EffectAnswer {
  /** Under which the other system knows it. */
  readonly reference: string;
  /** Of authorize: what may be captured, in minor units. */
  readonly amount?: number;
  /** Of authorize, pending: where the shopper has to go. */
  readonly actionUrl?: string | null;
}

/** `subject` of an outcome: the shipment of a capture, the refund's id, else the order. */
export type Input =
  | { readonly kind: 'place-order'; readonly order: PlaceOrder; readonly verdict: Verdict }
  | { readonly kind: 'cancel-order'; readonly cancel: CancelOrder }
  | { readonly kind: 'reservation'; readonly revision: number; readonly reservation: StockReservation }
  | { readonly kind: 'shipment'; readonly shipment: Shipment }
  | { readonly kind: 'outcome'; readonly effect: EffectKind; readonly subject: string; readonly outcome: Outcome }
  | { readonly kind: 'refund-payment'; readonly refund: RefundPayment }
  | { readonly kind: 'request-return'; readonly request: RequestReturn }
  /** Whoever it was for is erased. */
  | { readonly kind: 'forget' }
  | { readonly kind: 'timer' };
