// The objects of the PSP's API, as far as a shop reads them, and the one record that holds what belongs to a payment.
import { randomBytes } from 'node:crypto';
import type { Card } from './cards';

export interface Intent {
  readonly id: string;
  readonly object: 'payment_intent';
  readonly amount: number;
  readonly amount_capturable: number;
  readonly amount_received: number;
  readonly currency: string;
  readonly status: 'requires_payment_method' | 'requires_confirmation' | 'requires_action' | 'requires_capture' | 'succeeded' | 'canceled';
  readonly capture_method: string;
  readonly latest_charge: string | null;
  readonly payment_method: string | null;
  readonly payment_method_options: { readonly card: { readonly request_multicapture: string | null; readonly request_three_d_secure: string } };
  readonly metadata: Readonly<Record<string, string>>;
  readonly next_action: { readonly type: 'redirect_to_url'; readonly redirect_to_url: { readonly url: string; readonly return_url: string | null } } | null;
  readonly last_payment_error: Readonly<Record<string, unknown>> | null;
  readonly canceled_at: number | null;
  readonly cancellation_reason: string | null;
  readonly created: number;
  readonly [other: string]: unknown;
}

export interface Charge {
  readonly id: string;
  readonly amount: number;
  readonly amount_captured: number;
  readonly amount_refunded: number;
  /** True after the final capture only. */
  readonly captured: boolean;
  readonly refunded: boolean;
  readonly status: 'succeeded' | 'failed';
  readonly [other: string]: unknown;
}

export interface Refund {
  readonly id: string;
  readonly amount: number;
  readonly charge: string;
  readonly payment_intent: string;
  readonly status: 'pending' | 'succeeded' | 'failed';
  readonly metadata: Readonly<Record<string, string>>;
  readonly created: number;
  readonly [other: string]: unknown;
}

/** What the API shows only as sums: each time that money was taken. */
export interface Capture {
  readonly amount: number;
  readonly at: string;
  readonly final: boolean;
  readonly idempotencyKey: string | null;
}

export interface Payment {
  readonly intent: Intent;
  readonly charges: readonly Charge[];
  readonly refunds: readonly Refund[];
  readonly captures: readonly Capture[];
}

/** Ids of what belongs together end alike, so that the payment of a charge or a refund is found by it. */
export function newId(prefix: string): string {
  return `${prefix}_${randomBytes(12).toString('hex')}`;
}

export function intentIdOf(id: string): string {
  return `pi_${id.split('_')[1] ?? ''}`;
}

export function chargeOf(intent: Intent, card: Card, attempt: number, created: number, failure: { code: string; message: string } | undefined): Charge {
  const multicapture = intent.payment_method_options.card.request_multicapture === 'if_available' ? 'available' : 'unavailable';
  return {
    id: `ch_${intent.id.slice(3)}_${attempt}`,
    object: 'charge',
    amount: intent.amount,
    amount_captured: 0,
    amount_refunded: 0,
    captured: false,
    refunded: false,
    paid: failure === undefined,
    disputed: false,
    livemode: false,
    created,
    currency: intent.currency,
    customer: intent['customer'],
    description: intent['description'],
    failure_code: failure?.code ?? null,
    failure_message: failure?.message ?? null,
    metadata: intent.metadata,
    payment_intent: intent.id,
    payment_method: intent.payment_method,
    payment_method_details: { type: 'card', card: { brand: card.brand, last4: card.last4, multicapture: { status: multicapture } } },
    status: failure === undefined ? 'succeeded' : 'failed',
  };
}

export function refundOf(payment: Payment, charge: Charge, amount: number, more: { reason?: string | undefined; metadata: Readonly<Record<string, string>>; status: Refund['status']; created: number }): Refund {
  return {
    id: `re_${payment.intent.id.slice(3)}_${payment.refunds.length + 1}`,
    object: 'refund',
    amount,
    balance_transaction: null,
    charge: charge.id,
    created: more.created,
    currency: payment.intent.currency,
    metadata: more.metadata,
    payment_intent: payment.intent.id,
    payment_method: payment.intent.payment_method,
    reason: more.reason ?? null,
    receipt_number: null,
    status: more.status,
  };
}
