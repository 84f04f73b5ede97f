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
  return [...paymentEffects(payments, parts, limits), ...deskEffects(desk, parts, limits)];
}

export function deskEffects({ place, cancel, settleMs }: OrderDesk, parts: HappenParts, limits = limitsByDefault): Effect[] {
  const effect = effectsOf(parts, { ...limits, settleMs });
  return [effect('place', place, ofOrder), effect('cancel-placed', cancel, ofOrder)];
}

function paymentEffects({ authorize, capture, release, refund, settleMs }: PaymentDesk, parts: HappenParts, limits: EffectLimits): Effect[] {
  const effect = effectsOf(parts, { ...limits, settleMs });
  return [
    effect('authorize', authorize, ofOrder),
    effect('capture', capture, ({ shipmentId }: CapturePart) => shipmentId),
    effect('void', release, ofOrder),
    effect('refund', refund, ({ refundId }: RefundPart) => refundId),
  ];
}

const ofOrder = ({ orderId }: Ordered): string => orderId;

/** One shape for all: what differs is whom it is said to and what it is about. */
const effectsOf =
  (parts: HappenParts, limits: EffectLimits & { readonly settleMs: number }) =>
  <Request extends Ordered>(kind: EffectKind, { submit, look }: Write<Request>, subjectOf: (request: Request) => string): Effect =>
    defineEffect<Request, EffectAnswer>({
      kind,
      submit,
      readBack: look,
      ...limits,
      settled: (tx, { request, outcome, traceparent }) => happen(tx, [{ orderId: request.orderId, input: { kind: 'outcome', effect: kind, subject: subjectOf(request), outcome }, traceparent }], parts),
    });
