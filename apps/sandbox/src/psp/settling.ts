// What becomes of an authorization: captured at once or in parts, let go, refunded.
// 1. What is captured never exceeds what was authorized, and what is refunded never what was captured.
// 2. A capture is the last one unless it says that it is not, and whatever it leaves is let go. After one that was not the last, the end is
//    a last capture, of nothing if need be: there is money in it, so it is not cancelled any more.
import { cardOf } from './cards';
import { refundOf, type Charge, type Intent, type Payment, type Refund } from './objects';
import type { Metadata } from './params.wire';
import { mergeMetadata, refused, seconds, told, unexpectedState, type Moment, type Step } from './steps';

const MAX_CAPTURES = 50;
const CANCELLABLE: readonly Intent['status'][] = ['requires_payment_method', 'requires_confirmation', 'requires_action', 'requires_capture'];

export function capture(payment: Payment, params: { amount_to_capture?: number | undefined; final_capture?: boolean | undefined; metadata?: Metadata }, moment: Moment): Step {
  const { intent } = payment;
  const charge = payment.charges.at(-1);
  if (intent.status !== 'requires_capture' || !charge) return unexpectedState(payment, 'captured', ['requires_capture']);
  const { final_capture: final = true, amount_to_capture: amount = intent.amount_capturable } = params;
  const severalAllowed = intent.payment_method_options.card.request_multicapture === 'if_available';
  if (!final && !severalAllowed) return refused(400, undefined, 'final_capture can only be false when multicapture is available: send payment_method_options[card][request_multicapture]=if_available with the confirmation.', { param: 'final_capture' });
  if (amount > intent.amount_capturable) return refused(400, 'amount_too_large', `The amount to capture ${amount} is greater than the amount that can be captured, ${intent.amount_capturable}.`, { param: 'amount_to_capture' });
  if (amount === 0 && (!final || payment.captures.length === 0)) return refused(400, 'amount_too_small', 'Nothing can only be captured to end a payment that was captured in parts.', { param: 'amount_to_capture' });
  if (payment.captures.length >= MAX_CAPTURES) return refused(400, undefined, `A payment is captured ${MAX_CAPTURES} times at most.`);
  const before = intent.amount_capturable;
  const left = final ? 0 : before - amount;
  const changed: Intent = {
    ...intent,
    amount_capturable: left,
    amount_received: intent.amount_received + amount,
    metadata: mergeMetadata(intent.metadata, params.metadata),
    // All of it may be taken by captures that were not the last, and still only a last one ends it.
    status: final ? 'succeeded' : 'requires_capture',
  };
  const taken: Charge = { ...charge, amount_captured: charge.amount_captured + amount, captured: final, refunded: final && isRefunded(payment.refunds, changed.amount_received) };
  const captures = [...payment.captures, { amount, at: new Date(moment.now).toISOString(), final, idempotencyKey: moment.idempotencyKey }];
  const news = [
    ...(severalAllowed ? [told('charge.updated', taken, { amount_captured: charge.amount_captured }), told('payment_intent.amount_capturable_updated', changed, { amount_capturable: before })] : []),
    ...(final ? [told('charge.captured', taken, { captured: false }), told('payment_intent.succeeded', changed)] : []),
  ];
  return { kind: 'done', payment: { ...payment, intent: changed, charges: [...payment.charges.slice(0, -1), taken], captures }, news };
}

export function cancel(payment: Payment, reason: string | null, moment: Moment): Step {
  const { intent } = payment;
  if (!CANCELLABLE.includes(intent.status)) return unexpectedState(payment, 'canceled', CANCELLABLE);
  if (payment.captures.length > 0) return refused(400, 'payment_intent_unexpected_state', 'This PaymentIntent was captured in part; end it with amount_to_capture=0 and final_capture=true.', { payment_intent: intent });
  const ended: Intent = { ...intent, status: 'canceled', amount_capturable: 0, next_action: null, canceled_at: seconds(moment), cancellation_reason: reason };
  return { kind: 'done', payment: { ...payment, intent: ended }, news: [told('payment_intent.canceled', ended)] };
}

/** The bank lets go of what was not captured in time: what was captured in parts has succeeded, anything else is canceled. */
export function expire(payment: Payment, moment: Moment): Step {
  if (payment.intent.status !== 'requires_capture') return unexpectedState(payment, 'expired', ['requires_capture']);
  return payment.captures.length > 0 ? capture(payment, { amount_to_capture: 0 }, moment) : cancel(payment, 'automatic', moment);
}

export function refund(payment: Payment, params: { amount?: number | undefined; reason?: string | undefined; metadata?: Metadata }, moment: Moment): Step & { readonly refund?: Refund } {
  const { intent, refunds } = payment;
  const charge = payment.charges.at(-1);
  if (!charge || intent.amount_received === 0) return refused(400, undefined, `This PaymentIntent (${intent.id}) does not have a successful charge to refund.`);
  const left = intent.amount_received - refundedOf(refunds);
  const { amount = left } = params;
  if (left === 0) return refused(400, 'charge_already_refunded', `Charge ${charge.id} has already been refunded.`);
  if (amount > left) return refused(400, undefined, `Refund amount (${amount}) is greater than unrefunded amount on charge (${left}).`, { param: 'amount' });
  const later = intent.payment_method !== null && cardOf(intent.payment_method)?.refundsLater === true;
  const made = refundOf(payment, charge, amount, { reason: params.reason, metadata: mergeMetadata({}, params.metadata), status: later ? 'pending' : 'succeeded', created: seconds(moment) });
  const back = withRefunds(payment, [...refunds, made]);
  return { kind: 'done', payment: back, refund: made, news: [told('refund.created', made), told('charge.refunded', back.charges.at(-1) ?? charge)] };
}

/** What the bank makes of a refund afterwards; one that failed gives its amount back to what may be refunded. */
export function settleRefund(payment: Payment, id: string, status: 'succeeded' | 'failed'): Step {
  const known = payment.refunds.find((one) => one.id === id);
  if (!known) return refused(404, 'resource_missing', `No such refund: '${id}'`);
  // Final: what failed may have been refunded anew meanwhile.
  if (known.status === 'failed') return refused(400, undefined, `Refund ${id} has failed already.`);
  const settled: Refund = { ...known, status, ...(status === 'failed' ? { failure_reason: 'expired_or_canceled_card' } : {}) };
  const back = withRefunds(payment, payment.refunds.map((one) => (one.id === id ? settled : one)));
  return { kind: 'done', payment: back, news: [told('refund.updated', settled, { status: known.status }), ...(status === 'failed' ? [told('refund.failed', settled)] : [])] };
}

function withRefunds(payment: Payment, refunds: readonly Refund[]): Payment {
  const amount = refundedOf(refunds);
  const charges = payment.charges.map((charge, index) => (index === payment.charges.length - 1 ? { ...charge, amount_refunded: amount, refunded: charge.captured && isRefunded(refunds, payment.intent.amount_received) } : charge));
  return { ...payment, refunds, charges };
}

/** Under way counts: what is promised twice would be paid twice. */
export function refundedOf(refunds: readonly Refund[]): number {
  return refunds.filter(({ status }) => status !== 'failed').reduce((sum, { amount }) => sum + amount, 0);
}

function isRefunded(refunds: readonly Refund[], received: number): boolean {
  return received > 0 && refundedOf(refunds) === received;
}
