/**
 * An order on its way, as one value: what it wants (`goal`), where it stands (`step`), and what is known of everybody it deals
 * with. It is one JSON document in one row; whatever isn't in here nobody knows after a crash.
 */
import type { PlaceOrder, Shipment, StockReservation } from '@steward/contracts';

/** Terminal ones absorb: nothing leads out of them (S6). */
type Terminal = 'completed' | 'rejected' | 'cancelled';
export type Step = 'unplaced' | 'reserving' | 'authorizing' | 'awaiting-action' | 'placing' | 'exporting' | 'confirmed' | 'compensating' | Terminal;

export type RejectionCode = 'OUT_OF_STOCK' | 'PRICE_CHANGED' | 'PAYMENT_DECLINED' | 'PAYMENT_EXPIRED' | 'REFUSED_BY_OMS' | 'REFUSED_BY_ERP' | 'PROMISE_INVALID' | 'TIMED_OUT';

export interface Rejection {
  readonly code: RejectionCode;
  /** For the shopper: what other systems say in words of their own may name persons, so only their codes are in it. */
  readonly message: string;
  readonly sku: string | null;
}

export type Goal =
  | { readonly kind: 'fulfil' }
  | { readonly kind: 'reject'; readonly rejection: Rejection }
  | { readonly kind: 'cancel'; readonly by: 'customer' | 'operator' | 'erp' };

/** Where the order's goods are, as the stock service says. */
export interface Stock {
  readonly status: 'none' | 'asked' | StockReservation['status'];
  /** Of the last state heard: what is older is no news. */
  readonly revision: number;
  readonly refusal: StockReservation['refusal'];
  readonly exportAsked: boolean;
  readonly exportRefusal: StockReservation['exportRefusal'];
  readonly erpReference: string | null;
  /** Release or cancellation of the export is under way. */
  readonly returnAsked: boolean;
  /** When nothing was held any more. */
  readonly settledAt: number | null;
}

export type Authorization =
  | { readonly kind: 'none' | 'asked' }
  /** The shopper has to do something at `actionUrl` (3-D Secure). */
  | { readonly kind: 'action'; readonly reference: string; readonly actionUrl: string }
  | { readonly kind: 'authorized'; readonly reference: string; readonly amount: number }
  | { readonly kind: 'failed'; readonly code: string; readonly reason: string };

/** What becomes of one effect. `refused` ends it too. */
export type Doing = 'none' | 'asked' | 'done' | 'refused';

export interface Quantity {
  readonly lineId: string;
  readonly quantity: number;
}

export interface Capture {
  readonly shipmentId: string;
  readonly amount: number;
  readonly lines: readonly Quantity[];
  /** Nothing will be captured after it; the provider lets the rest of the authorization go. */
  readonly final: boolean;
  readonly state: Exclude<Doing, 'none'>;
}

export interface Refund {
  readonly refundId: string;
  readonly amount: number;
  readonly reason: string;
  /** `waiting` = for the captures that it needs. */
  readonly state: 'waiting' | Exclude<Doing, 'none'>;
}

export interface Money {
  readonly method: PlaceOrder['payment']['method'];
  /** Goes to the provider with the authorization and stays nowhere. */
  readonly token: string | null;
  readonly authorization: Authorization;
  /** Letting go of what is authorized and not captured. */
  readonly release: Doing;
  readonly captures: readonly Capture[];
  readonly refunds: readonly Refund[];
}

interface Placement {
  readonly state: 'none' | 'asked' | 'placed' | 'refused';
  readonly reference: string | null;
  readonly refusal: string | null;
  readonly undo: Doing;
}

export interface Shipped {
  readonly shipmentId: string;
  readonly status: 'shipped' | 'delivered' | 'cancelled';
  readonly lines: readonly Quantity[];
  /** In the parcel's own words, what the order had no room for; absent when it had. */
  readonly surplus?: Shipment['lines'];
  readonly carrier: string | null;
  readonly trackingNumber: string | null;
  readonly shippedAt: string | null;
}

interface Return {
  readonly returnId: string;
  readonly status: 'requested' | 'refunded' | 'refused';
  readonly lines: readonly Quantity[];
  readonly refundAmount: number;
}

/** What nobody may decide but a person; each is told once. */
type CaseCode = 'capture-refused' | 'release-refused' | 'cancel-refused' | 'refund-refused' | 'shipment-unexpected' | 'capture-short';

export interface Case {
  readonly code: CaseCode;
  readonly message: string;
}

/** What others need to know of it; the promises have been judged and the token of the payment method is kept apart. */
export type KeptOrder = Omit<PlaceOrder, 'payment' | 'lines' | 'idempotencyHash'> & { readonly lines: readonly KeptLine[] };
export type KeptLine = Omit<PlaceOrder['lines'][number], 'promise'>;

export interface Saga {
  readonly orderId: string;
  /** Null until the order itself has come: its cancellation may overtake it. */
  readonly order: KeptOrder | null;
  readonly goal: Goal;
  readonly step: Step;
  /** When the sweeper looks at it; null only in terminal steps (S7). Milliseconds since 1970, as all times in here. */
  readonly dueAt: number | null;
  /** How often the sweeper has reminded others since the step began. */
  readonly nudges: number;
  readonly confirmedAt: number | null;
  readonly stock: Stock;
  readonly money: Money;
  readonly placement: Placement;
  readonly shipments: readonly Shipped[];
  readonly cancelled: readonly Quantity[];
  readonly returns: readonly Return[];
  readonly cases: readonly Case[];
}

export const isTerminal = (step: Step): step is Terminal => step === 'completed' || step === 'rejected' || step === 'cancelled';

export function newSaga(orderId: string, order: KeptOrder | null): Saga {
  return {
    orderId,
    order,
    goal: { kind: 'fulfil' },
    step: 'unplaced',
    dueAt: null,
    nudges: 0,
    confirmedAt: null,
    stock: { status: 'none', revision: 0, refusal: null, exportAsked: false, exportRefusal: null, erpReference: null, returnAsked: false, settledAt: null },
    money: { method: 'invoice', token: null, authorization: { kind: 'none' }, release: 'none', captures: [], refunds: [] },
    placement: { state: 'none', reference: null, refusal: null, undo: 'none' },
    shipments: [],
    cancelled: [],
    returns: [],
    cases: [],
  };
}
