// What the PSP's calls take. Every value arrives as text; what is not named here is refused, as the PSP does.
import { z } from 'zod';

const MAX_AMOUNT = 99_999_999;

const whole = z.string().regex(/^\d{1,9}$/, 'Invalid integer').transform(Number);
const amount = whole.pipe(z.number().min(1).max(MAX_AMOUNT));
const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
const text = z.string().max(5_000);
const expand = z.array(z.string()).optional();
/** An empty value takes a key away. */
const metadata = z.union([z.record(z.string().max(40), z.string().max(500)), z.literal('')]).optional();

/** Taken and shown again, and nothing else is done with them. */
const decoration = {
  customer: text.optional(),
  description: text.optional(),
  receipt_email: text.optional(),
  statement_descriptor: text.optional(),
  statement_descriptor_suffix: text.optional(),
  transfer_group: text.optional(),
  setup_future_usage: z.enum(['off_session', 'on_session']).optional(),
  shipping: z.record(z.string(), z.unknown()).optional(),
};

const confirming = {
  payment_method: text.optional(),
  // The newer name and the one before it.
  allowed_payment_method_types: z.array(text).optional(),
  payment_method_types: z.array(text).optional(),
  payment_method_options: z.strictObject({ card: z.strictObject({ request_multicapture: z.enum(['if_available', 'never']).optional(), request_three_d_secure: z.enum(['automatic', 'any', 'challenge']).optional() }).optional() }).optional(),
  return_url: text.optional(),
  off_session: flag.optional(),
  error_on_requires_action: flag.optional(),
  use_stripe_sdk: flag.optional(),
  capture_method: z.enum(['automatic', 'automatic_async', 'manual']).optional(),
};

export const createParams = z.strictObject({
  amount,
  currency: z.string().regex(/^[a-z]{3}$/i, 'Invalid currency').transform((code) => code.toLowerCase()),
  confirm: flag.optional(),
  confirmation_method: z.enum(['automatic', 'manual']).optional(),
  automatic_payment_methods: z.strictObject({ enabled: flag, allow_redirects: z.enum(['always', 'never']).optional() }).optional(),
  metadata,
  expand,
  ...decoration,
  ...confirming,
});

export const updateParams = z.strictObject({ amount: amount.optional(), payment_method: text.optional(), metadata, expand, ...decoration });
export const confirmParams = z.strictObject({ ...confirming, expand });
export const captureParams = z.strictObject({
  // Nothing may be captured too: it ends a payment that was captured in parts.
  amount_to_capture: whole.pipe(z.number().max(MAX_AMOUNT)).optional(),
  final_capture: flag.optional(),
  statement_descriptor: text.optional(),
  statement_descriptor_suffix: text.optional(),
  metadata,
  expand,
});
export const cancelParams = z.strictObject({ cancellation_reason: z.enum(['duplicate', 'fraudulent', 'requested_by_customer', 'abandoned']).optional(), expand });
export const refundParams = z.strictObject({
  payment_intent: text.optional(),
  charge: text.optional(),
  amount: amount.optional(),
  reason: z.enum(['duplicate', 'fraudulent', 'requested_by_customer']).optional(),
  metadata,
  expand,
});

export type CreateParams = z.output<typeof createParams>;
export type ConfirmParams = z.output<typeof confirmParams>;
export type Metadata = z.output<typeof metadata>;
