// From nothing to an authorization, or to a reason why there is none.
import { cardNames, cardOf, type Card, type Decline } from './cards';
import { chargeOf, newId, type Intent, type Payment } from './objects';
import type { ConfirmParams, CreateParams, Metadata } from './params.wire';
import { mergeMetadata, refused, seconds, told, unexpectedState, type Failure, type Moment, type Step } from './steps';

const CONFIRMABLE: readonly Intent['status'][] = ['requires_payment_method', 'requires_confirmation', 'requires_action'];

export function createPayment(params: CreateParams, moment: Moment): Step {
  const { confirm = false, payment_method = null } = params;
  if (payment_method !== null && !cardOf(payment_method)) return noSuchMethod(payment_method);
  if (confirm && payment_method === null) return refused(400, 'parameter_missing', 'You must provide a payment_method when confirm is true.', { param: 'payment_method' });
  const intent = freshIntent(params, payment_method, moment);
  const payment: Payment = { intent, charges: [], refunds: [], captures: [] };
  const created = told('payment_intent.created', intent);
  if (!confirm) return { kind: 'done', payment, news: [created] };
  const step = confirmPayment(payment, params, moment);
  return step.kind === 'refused' ? step : { ...step, news: [created, ...step.news] };
}

export function confirmPayment(payment: Payment, params: ConfirmParams, moment: Moment): Step {
  if (!CONFIRMABLE.includes(payment.intent.status)) return unexpectedState(payment, 'confirmed', CONFIRMABLE);
  const method = params.payment_method ?? payment.intent.payment_method;
  const card = method === null ? undefined : cardOf(method);
  if (method === null) return refused(400, 'payment_intent_unexpected_state', 'You cannot confirm this PaymentIntent because it is missing a payment method.', { payment_intent: payment.intent });
  if (!card) return noSuchMethod(method);
  const intent: Intent = {
    ...payment.intent,
    payment_method: method,
    payment_method_options: optionsOf(params, payment.intent.payment_method_options),
    capture_method: params.capture_method ?? payment.intent.capture_method,
  };
  if (!card.challenged) return charge({ ...payment, intent }, card, moment);
  if (params.off_session === true || params.error_on_requires_action === true) {
    return decline({ ...payment, intent }, card, { code: 'card_declined', declineCode: 'authentication_required', message: 'Your card was declined. This transaction requires authentication.' }, moment);
  }
  const url = `${moment.url}/psp/challenges/${intent.id}`;
  const waiting: Intent = { ...intent, status: 'requires_action', next_action: { type: 'redirect_to_url', redirect_to_url: { url, return_url: params.return_url ?? null } } };
  return { kind: 'done', payment: { ...payment, intent: waiting }, news: [told('payment_intent.requires_action', waiting)] };
}

/** The shopper's answer to a challenge. */
export function answerChallenge(payment: Payment, outcome: 'complete' | 'fail', moment: Moment): Step {
  const { intent } = payment;
  const card = intent.payment_method === null ? undefined : cardOf(intent.payment_method);
  if (intent.status !== 'requires_action' || !card) return unexpectedState(payment, 'authenticated', ['requires_action']);
  if (outcome === 'complete') return charge({ ...payment, intent: { ...intent, next_action: null } }, card, moment);
  const error = { type: 'invalid_request_error', code: 'payment_intent_authentication_failure', message: 'The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent again.' };
  const failed: Intent = { ...intent, status: 'requires_payment_method', payment_method: null, next_action: null, last_payment_error: error };
  return { kind: 'done', payment: { ...payment, intent: failed }, news: [told('payment_intent.payment_failed', failed)] };
}

export function updatePayment(payment: Payment, params: { amount?: number | undefined; payment_method?: string | undefined; metadata?: Metadata; [decoration: string]: unknown }): Step {
  const { amount, payment_method, metadata, expand: _expand, ...decoration } = params;
  const { intent } = payment;
  if ((amount !== undefined || payment_method !== undefined) && !['requires_payment_method', 'requires_confirmation'].includes(intent.status)) {
    return unexpectedState(payment, 'updated', ['requires_payment_method', 'requires_confirmation']);
  }
  if (payment_method !== undefined && !cardOf(payment_method)) return noSuchMethod(payment_method);
  const changed: Intent = {
    ...intent,
    ...decoration,
    amount: amount ?? intent.amount,
    metadata: mergeMetadata(intent.metadata, metadata),
    ...(payment_method === undefined ? {} : { payment_method, status: 'requires_confirmation' as const }),
  };
  return { kind: 'done', payment: { ...payment, intent: changed }, news: [] };
}

function charge(payment: Payment, card: Card, moment: Moment): Step {
  if (card.decline) return decline(payment, card, card.decline, moment);
  const { intent } = payment;
  const made = chargeOf(intent, card, payment.charges.length + 1, seconds(moment), undefined);
  const base = { ...intent, latest_charge: made.id, next_action: null, last_payment_error: null };
  if (intent.capture_method === 'manual') {
    const held: Intent = { ...base, status: 'requires_capture', amount_capturable: intent.amount };
    return { kind: 'done', payment: { ...payment, intent: held, charges: [...payment.charges, made] }, news: [told('charge.succeeded', made), told('payment_intent.amount_capturable_updated', held, { amount_capturable: 0 })] };
  }
  const taken = { ...made, captured: true, amount_captured: intent.amount };
  const paid: Intent = { ...base, status: 'succeeded', amount_received: intent.amount };
  const captures = [{ amount: intent.amount, at: new Date(moment.now).toISOString(), final: true, idempotencyKey: moment.idempotencyKey }];
  return { kind: 'done', payment: { ...payment, intent: paid, charges: [...payment.charges, taken], captures }, news: [told('charge.succeeded', taken), told('payment_intent.succeeded', paid)] };
}

function decline(payment: Payment, card: Card, { code, declineCode, message }: Decline, moment: Moment): Step {
  const made = chargeOf(payment.intent, card, payment.charges.length + 1, seconds(moment), { code, message });
  const error = { type: 'card_error', code, ...(declineCode === undefined ? {} : { decline_code: declineCode }), message, charge: made.id };
  const failed: Intent = { ...payment.intent, status: 'requires_payment_method', payment_method: null, next_action: null, latest_charge: made.id, last_payment_error: error };
  const failure: Failure = { status: 402, error: { ...error, payment_intent: failed } };
  return { kind: 'done', payment: { ...payment, intent: failed, charges: [...payment.charges, made] }, news: [told('charge.failed', made), told('payment_intent.payment_failed', failed)], failure };
}

function freshIntent(params: CreateParams, method: string | null, moment: Moment): Intent {
  const id = newId('pi');
  return {
    id,
    object: 'payment_intent',
    amount: params.amount,
    amount_capturable: 0,
    amount_received: 0,
    allowed_payment_method_types: params.allowed_payment_method_types ?? null,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: params.automatic_payment_methods ?? null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: params.capture_method ?? 'automatic_async',
    client_secret: `${id}_secret_${newId('').slice(1)}`,
    confirmation_method: params.confirmation_method ?? 'automatic',
    created: seconds(moment),
    currency: params.currency,
    customer: params.customer ?? null,
    description: params.description ?? null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    metadata: mergeMetadata({}, params.metadata),
    next_action: null,
    on_behalf_of: null,
    payment_method: method,
    payment_method_options: optionsOf(params, { card: { request_multicapture: null, request_three_d_secure: 'automatic' } }),
    payment_method_types: params.payment_method_types ?? params.allowed_payment_method_types ?? ['card'],
    processing: null,
    receipt_email: params.receipt_email ?? null,
    review: null,
    setup_future_usage: params.setup_future_usage ?? null,
    shipping: params.shipping ?? null,
    source: null,
    statement_descriptor: params.statement_descriptor ?? null,
    statement_descriptor_suffix: params.statement_descriptor_suffix ?? null,
    status: method === null ? 'requires_payment_method' : 'requires_confirmation',
    transfer_data: null,
    transfer_group: params.transfer_group ?? null,
  };
}

function optionsOf({ payment_method_options: given }: ConfirmParams, known: Intent['payment_method_options']): Intent['payment_method_options'] {
  return { card: { request_multicapture: given?.card?.request_multicapture ?? known.card.request_multicapture, request_three_d_secure: given?.card?.request_three_d_secure ?? known.card.request_three_d_secure } };
}

function noSuchMethod(name: string): Step & { kind: 'refused' } {
  return refused(400, 'resource_missing', `No such PaymentMethod: '${name}'; the test methods are ${cardNames.join(', ')}`, { param: 'payment_method' });
}
