/**
 * What the stock of an order needs of the ERP, in our own words; a vendor's folder says how. Every write has a look: what it came to
 * must be found by the order's number alone, however its answer was lost (ADR 0018).
 */
import type { EffectCall, EffectOutcome, Source } from '@steward/adapter-kit';
import type { ExportOrder } from '@steward/contracts';

/** An order as the ERP is to carry it out. */
export interface Sale extends Omit<ExportOrder, 'lines'> {
  readonly lines: readonly SaleLine[];
}

export type SaleLine = ExportOrder['lines'][number] & {
  /** Where all of the line is held; null when it was split. */
  readonly location: string | null;
};

export interface SaleCancellation {
  readonly orderId: string;
  readonly number: string;
  /** The ERP's own. */
  readonly reference: string;
}

export interface SaleAnswer {
  /** The ERP's own number of the sale. */
  readonly reference: string;
}

export type Written = EffectOutcome<SaleAnswer>;

interface Write<Request> {
  readonly submit: (request: Request, call: EffectCall) => Promise<Written>;
  readonly look: (request: Request, call: EffectCall) => Promise<Written | { readonly kind: 'absent' }>;
}

export interface SaleDesk {
  readonly place: Write<Sale>;
  readonly cancel: Write<SaleCancellation>;
  /** How much later than it was told it may show a sale (S6). */
  readonly settleMs: number;
  /** Calls of a kind at the same time. */
  readonly concurrency: number;
}

export interface ErpSource extends Source {
  /** Absent while a vendor's folder only reads. */
  readonly desk?: SaleDesk;
}
