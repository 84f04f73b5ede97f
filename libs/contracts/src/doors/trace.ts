/** The door to what one service knows about one SKU, order or customer: one line per event in its history, never a payload. */
export const traceSubject = (service: string): string => `rpc.${service}.trace`;

export type TraceQuestion = { readonly sku: string } | { readonly orderId: string } | { readonly customerId: string };

export interface TraceEntry {
  readonly at: string;
  readonly service: string;
  /** `outbox` = committed and not published yet. */
  readonly what: 'announced' | 'outbox' | 'applied' | 'letter' | 'effect' | 'held';
  readonly entity: string;
  readonly key: string;
  readonly revision: number | null;
  readonly sequence: number | null;
  readonly messageId: string | null;
  readonly origin: string | null;
  readonly traceparent: string | null;
  readonly summary: string;
}

/** In the order of time. */
export type TraceAnswer = readonly TraceEntry[];
