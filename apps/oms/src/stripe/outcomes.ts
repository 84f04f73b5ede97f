/** From Stripe's objects to what the saga understands. Pure. */
import { hash } from 'node:crypto';
import { fromConnectorUnits } from '@steward/commerce';
import type Stripe from 'stripe';
import type { Found, Written } from '../effects/ports';

/** How soon a payment that waits for somebody is looked at when no webhook says to. */
const checkAfterMs = 5_000;

export function toAuthorized(intent: Stripe.PaymentIntent): Written {
  const reference = intent.id;
  switch (intent.status) {
    case 'requires_capture':
    case 'succeeded':
      return { kind: 'confirmed', answer: { reference, amount: fromConnectorUnits('stripe', intent.amount, intent.currency.toUpperCase()) } };
    case 'requires_action':
    case 'requires_confirmation':
    case 'processing':
      return { kind: 'pending', answer: { reference, actionUrl: intent.next_action?.redirect_to_url?.url ?? null }, checkAfterMs };
    case 'canceled':
      return { kind: 'refused', code: 'canceled', reason: intent.cancellation_reason ?? 'the payment was cancelled' };
    case 'requires_payment_method':
    default: {
      const error = intent.last_payment_error;
      return { kind: 'refused', code: error?.decline_code || error?.code || intent.status, reason: error?.message ?? 'the payment method was declined' };
    }
  }
}

/** Nothing is held any more: let go, or captured to the last. */
export function toReleased({ id, status }: Stripe.PaymentIntent): Found {
  return status === 'canceled' || status === 'succeeded' ? { kind: 'confirmed', answer: { reference: id } } : { kind: 'absent' };
}

/**
 * Under which name a capture is written into the payment itself, in the very call that captures: so it can be told from the
 * captures before and after it. 40 characters are what a name may have; parcels have longer ids.
 */
export const captureMark = (shipmentId: string): string => `parcel_${hash('sha256', shipmentId, 'hex').slice(0, 32)}`;

export function toCaptured(intent: Stripe.PaymentIntent, shipmentId: string): Found {
  return intent.metadata[captureMark(shipmentId)] === undefined ? { kind: 'absent' } : { kind: 'confirmed', answer: { reference: intent.id } };
}

export function toRefunded({ id, status, failure_reason: why }: Stripe.Refund): Written {
  switch (status) {
    case 'succeeded':
      return { kind: 'confirmed', answer: { reference: id } };
    case 'failed':
    case 'canceled':
      return { kind: 'refused', code: why ?? status, reason: `the refund has ${status}` };
    default:
      return { kind: 'pending', answer: { reference: id }, checkAfterMs };
  }
}
