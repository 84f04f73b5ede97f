/** What an order does in other systems, as effects: each once under its natural key, however often it is wanted (ADR 0018). */
import { defineEffect, type Effect } from '@steward/adapter-kit';
import { happen, type HappenParts } from '../order/happen';
import type { EffectAnswer, EffectKind } from '../saga/input';
import type { CapturePart, RefundPart } from '../saga/intent';
import type { OrderDesk, PaymentDesk, Write } from './ports';

export interface EffectLimits {
  /** Longer than a call with its own limits takes; what lasts longer is not known (S6). */
  readonly deadlineMs: number;
  /** Calls of a kind at the same time: an order waits for none but its own. */
  readonly concurrency: number;
}

const limitsByDefault: EffectLimits = { deadlineMs: 20_000, concurrency: 16 };

interface Ordered {
  readonly orderId: string;
}

export function orderEffects(desk: OrderDesk, payments: PaymentDesk, parts: HappenParts, limits = limitsByDefault): Effect[] {
  // One shape for all: what differs is whom it is said to and what it is about.
  const effect = <Request extends Ordered>(kind: EffectKind, { submit, look }: Write<Request>, settleMs: number, subjectOf: (request: Request) => string): Effect =>
    defineEffect<Request, EffectAnswer>({
      kind,
      submit,
      readBack: look,
      ...limits,
      settleMs,
      settled: (tx, { request, outcome, traceparent }) => happen(tx, [{ orderId: request.orderId, input: { kind: 'outcome', effect: kind, subject: subjectOf(request), outcome }, traceparent }], parts),
    });
  const ofOrder = ({ orderId }: Ordered): string => orderId;
  return [
    effect('authorize', payments.authorize, payments.settleMs, ofOrder),
    effect('capture', payments.capture, payments.settleMs, ({ shipmentId }: CapturePart) => shipmentId),
    effect('void', payments.release, payments.settleMs, ofOrder),
    effect('refund', payments.refund, payments.settleMs, ({ refundId }: RefundPart) => refundId),
    effect('place', desk.place, desk.settleMs, ofOrder),
    effect('cancel-placed', desk.cancel, desk.settleMs, ofOrder),
  ];
}
