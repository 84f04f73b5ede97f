/**
 * Payments by Stripe: one PaymentIntent an order, authorized first and captured parcel by parcel.
 * 1. Every write carries our own key, the same for ever. Stripe forgets keys after a day, so what was written also carries its
 *    natural key in its metadata, and is looked for by that.
 * 2. Metadata hold our ids and nothing of a person.
 */
import { toConnectorUnits } from '@steward/commerce';
import type Stripe from 'stripe';
import type { Found, PaymentDesk, Written } from '../effects/ports';
import type { Authorize, CapturePart, RefundPart } from '../saga/intent';
import { captureMark, toAuthorized, toCaptured, toRefunded, toReleased } from './outcomes';
import { asked, type Refusal } from './stripe.client';

export interface StripeSettings {
  /** Where the bank sends the shopper back to; {orderId} stands for the order. */
  readonly returnUrl: string;
  readonly settleMs: number;
}

const isRefusal = (answer: object): answer is Refusal => 'kind' in answer && answer.kind === 'refused';

export function stripePayments(stripe: Stripe, { returnUrl, settleMs }: StripeSettings): PaymentDesk {
  const intentOf = (reference: string): Promise<Stripe.PaymentIntent> => stripe.paymentIntents.retrieve(reference);
  /** A state that forbids the write may be what the write has made of it: the look decides. */
  const unlessDone = async (answer: Refusal, look: () => Promise<Found>): Promise<Written> => {
    if (answer.code !== 'payment_intent_unexpected_state' && answer.code !== 'charge_already_refunded') return answer;
    const found = await look();
    return found.kind === 'absent' ? answer : found;
  };

  return {
    settleMs,
    authorize: {
      submit: async (request, { idempotencyKey }) => {
        const made = await asked(() => stripe.paymentIntents.create(toIntent(request, returnUrl), { idempotencyKey }));
        return isRefusal(made) ? made : toAuthorized(made);
      },
      look: async ({ orderId }, { answer }) => {
        if (answer !== null) return toAuthorized(await intentOf(answer.reference));
        const { data } = await stripe.paymentIntents.search({ query: `metadata['orderId']:'${orderId.replaceAll(/['\\]/g, '\\$&')}'`, limit: 10 });
        // A declined attempt stays as an intent of its own; the one that holds money is the one that counts.
        const found = data.filter(({ metadata }) => metadata['orderId'] === orderId).map(toAuthorized);
        return found.find(({ kind }) => kind === 'confirmed') ?? found.find(({ kind }) => kind === 'pending') ?? found[0] ?? { kind: 'absent' };
      },
    },
    capture: {
      submit: async (request, { idempotencyKey }) => {
        const made = await asked(() => stripe.paymentIntents.capture(request.reference, toCapture(request), { idempotencyKey }));
        const look = async (): Promise<Found> => toCaptured(await intentOf(request.reference), request.shipmentId);
        return isRefusal(made) ? unlessDone(made, look) : { kind: 'confirmed', answer: { reference: made.id } };
      },
      look: async ({ reference, shipmentId }) => toCaptured(await intentOf(reference), shipmentId),
    },
    release: {
      submit: async ({ reference }, { idempotencyKey }) => {
        // What was captured in part can't be cancelled: a last capture of nothing ends it.
        const begun = (await intentOf(reference)).amount_received > 0;
        const made = await asked(() =>
          begun ? stripe.paymentIntents.capture(reference, { amount_to_capture: 0, final_capture: true }, { idempotencyKey }) : stripe.paymentIntents.cancel(reference, {}, { idempotencyKey }),
        );
        return isRefusal(made) ? unlessDone(made, async () => toReleased(await intentOf(reference))) : { kind: 'confirmed', answer: { reference } };
      },
      look: async ({ reference }) => toReleased(await intentOf(reference)),
    },
    refund: {
      submit: async (request, { idempotencyKey }) => {
        const made = await asked(() => stripe.refunds.create(toRefund(request), { idempotencyKey }));
        return isRefusal(made) ? unlessDone(made, () => lookForRefund(stripe, request)) : toRefunded(made);
      },
      look: (request, { answer }) => lookForRefund(stripe, request, answer),
    },
  };
}

function toIntent({ orderId, number, amount, currency, paymentMethodToken }: Authorize, returnUrl: string): Stripe.PaymentIntentCreateParams {
  return {
    amount: toConnectorUnits('stripe', amount, currency),
    currency: currency.toLowerCase(),
    capture_method: 'manual',
    confirm: true,
    ...(paymentMethodToken === null ? {} : { payment_method: paymentMethodToken }),
    allowed_payment_method_types: ['card'],
    // Several captures are granted by account and card. Where they aren't, the capture of a parcel that isn't the last is refused,
    // and becomes a case: nobody is charged for what has not left.
    payment_method_options: { card: { request_multicapture: 'if_available' } },
    return_url: returnUrl.replaceAll('{orderId}', encodeURIComponent(orderId)),
    description: number,
    metadata: { orderId, orderNumber: number },
  };
}

function toCapture({ shipmentId, amount, currency, final }: CapturePart): Stripe.PaymentIntentCaptureParams {
  return { amount_to_capture: toConnectorUnits('stripe', amount, currency), ...(final ? {} : { final_capture: false }), metadata: { [captureMark(shipmentId)]: String(amount) } };
}

function toRefund({ reference, refundId, amount, currency, orderId }: RefundPart): Stripe.RefundCreateParams {
  return { payment_intent: reference, amount: toConnectorUnits('stripe', amount, currency), metadata: { refundId, orderId } };
}

async function lookForRefund(stripe: Stripe, { reference, refundId }: RefundPart, answer: Parameters<PaymentDesk['refund']['look']>[1]['answer'] = null): Promise<Found> {
  if (answer !== null) return toRefunded(await stripe.refunds.retrieve(answer.reference));
  for await (const refund of stripe.refunds.list({ payment_intent: reference, limit: 100 })) {
    if (refund.metadata?.['refundId'] === refundId) return toRefunded(refund);
  }
  return { kind: 'absent' };
}

