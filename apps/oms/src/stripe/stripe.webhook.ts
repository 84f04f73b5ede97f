/** Stripe's webhooks: only hints. What they say is read again from Stripe, so a late or doubled one does no harm. */
import { touchEffect, type WebhookDoor } from '@steward/adapter-kit';
import Stripe from 'stripe';
import { z } from 'zod';

const eventWire = z.object({
  type: z.string(),
  data: z.object({ object: z.object({ object: z.string(), metadata: z.record(z.string(), z.string()).nullish() }) }),
});

/** Older ones are refused, as Stripe advises; the clocks of both sides differ by less. */
const toleranceSeconds = 300;

/** `secrets`: the new one and the previous one while the endpoint changes over. */
export function stripeWebhook(secrets: readonly string[]): WebhookDoor {
  const scheme = Stripe.webhooks.signature;
  if (scheme === null) throw new TypeError('this build of the stripe package verifies no signatures');
  return {
    path: '/webhooks/stripe',
    verify: (rawBody, headers, nowMs) => {
      const place = 'stripe-signature';
      const accepted = `t=<seconds>,v1=<hex of HMAC-SHA-256> by a secret of the endpoint, at most ${toleranceSeconds} s old`;
      const signature = headers[place];
      if (typeof signature !== 'string') return { ok: false, reason: 'unsigned', place, accepted };
      const refusals = secrets.map((secret) => {
        try {
          scheme.verifyHeader(rawBody, signature, secret, toleranceSeconds, undefined, nowMs);
          return undefined;
        } catch (error) {
          return (error as Error).message.includes('tolerance') ? 'replay' : 'signature';
        }
      });
      if (refusals.includes(undefined)) return { ok: true };
      // Too old is said only of what fits one of them.
      return { ok: false, reason: refusals.includes('replay') ? 'replay' : 'signature', place, accepted };
    },
    receive: async (tx, body) => {
      const { metadata } = eventWire.parse(body).data.object;
      const orderId = metadata?.['orderId'];
      if (orderId === undefined) return;
      const refundId = metadata?.['refundId'];
      if (refundId !== undefined) await touchEffect(tx, 'refund', `${orderId}:${refundId}`);
      else await touchEffect(tx, ['authorize', 'void'], orderId);
    },
  };
}
