/** What a decision wants done. Each is written in the transaction of the decision and happens after its commit. */
import type { CancelExport, ExportOrder, ForgetOrder, OrderCancelled, OrderPlaced, OrderRejected, ReleaseStock, ReserveStock } from '@steward/contracts';
import type { EffectKind } from './input';
import type { Case, KeptOrder } from './saga';

export type Command =
  | { readonly kind: 'reserve-stock'; readonly data: ReserveStock }
  | { readonly kind: 'release-stock'; readonly data: ReleaseStock }
  | { readonly kind: 'export-order'; readonly data: ExportOrder }
  | { readonly kind: 'cancel-export'; readonly data: CancelExport }
  | { readonly kind: 'forget-order'; readonly data: ForgetOrder };

type Announcement =
  | { readonly kind: 'order-placed'; readonly data: OrderPlaced }
  | { readonly kind: 'order-rejected'; readonly data: OrderRejected }
  | { readonly kind: 'order-cancelled'; readonly data: OrderCancelled };

// Requests are kept for ever and read by people: they name the order, so that a row of them says whose it is.
interface Asked {
  readonly orderId: string;
}

export interface Authorize extends Asked {
  readonly number: string;
  readonly amount: number;
  readonly currency: string;
  readonly customerId: string | null;
  readonly paymentMethodToken: string | null;
}

export interface CapturePart extends Asked {
  readonly reference: string;
  readonly shipmentId: string;
  readonly amount: number;
  readonly currency: string;
  /** Nothing more will be captured; the rest of the authorization is let go. */
  readonly final: boolean;
}

/** Lets go of what is authorized and not captured. */
export interface Void extends Asked {
  readonly reference: string;
}

export interface RefundPart extends Asked {
  readonly reference: string;
  readonly refundId: string;
  readonly amount: number;
  readonly currency: string;
  readonly reason: string;
}

/** The whole order: the OMS is told once, and has nobody to ask. */
export interface Place extends Asked {
  readonly order: KeptOrder;
}

export interface CancelPlaced extends Asked {
  readonly reference: string;
  readonly reason: string;
}

export type Effect =
  | { readonly kind: 'authorize'; readonly subject: string; readonly request: Authorize }
  | { readonly kind: 'capture'; readonly subject: string; readonly request: CapturePart }
  | { readonly kind: 'void'; readonly subject: string; readonly request: Void }
  | { readonly kind: 'refund'; readonly subject: string; readonly request: RefundPart }
  | { readonly kind: 'place'; readonly subject: string; readonly request: Place }
  | { readonly kind: 'cancel-placed'; readonly subject: string; readonly request: CancelPlaced };

export type Intent =
  | { readonly do: 'command'; readonly command: Command }
  | { readonly do: 'effect'; readonly effect: Effect }
  | { readonly do: 'event'; readonly event: Announcement }
  /** Have an open effect looked at now, or sent no more: if it never was, that is a refusal. */
  | { readonly do: 'touch' | 'abandon'; readonly effect: EffectKind; readonly subject: string }
  | { readonly do: 'case'; readonly case: Case };
