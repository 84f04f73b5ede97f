import { z } from 'zod';
import { codes, MOST_LINES, quantity, reservation, sku } from '../cart/cart.input';
import { fields, listOf, optional, text } from '../input/fields';

const country = z.string({ error: 'ISO 3166-1 alpha-2, such as DE' }).regex(/^[A-Z]{2}$/, { error: 'ISO 3166-1 alpha-2, such as DE' });

export const email = z.email({ error: 'an e-mail address' }).max(320, { error: 'an e-mail address of at most 320 characters' });

export const address = fields({
  name: text(200),
  company: optional(text(200)),
  street: text(200),
  street2: optional(text(200)),
  postalCode: text(20),
  city: text(200),
  region: optional(text(100)),
  country,
  phone: optional(text(50)),
});

const promise = text(4_000, 'the promise of a preview');
/** As it is given out, so that it can be given back. */
const minorUnits = z.string({ error: 'an integer of minor units as text' }).regex(/^(0|[1-9][0-9]{0,15})$/, { error: 'an integer of minor units as text, without point' });
const currency = z.string({ error: 'ISO 4217' }).regex(/^[A-Z]{3}$/, { error: 'ISO 4217, such as EUR' });

export const placeOrderInput = fields({
  email,
  shippingAddress: address,
  billingAddress: optional(address),
  lines: listOf(fields({ sku, quantity, promise }), MOST_LINES),
  shippingPromise: optional(promise),
  /** What the shopper's cart holds already: the order takes it over. */
  reservation,
  /** As in the preview: for a new one, if the prices have changed. */
  codes,
  payment: fields({ method: z.enum(['card', 'invoice'], { error: 'card or invoice' }), token: optional(text(500)) }).refine(({ method, token }) => method !== 'card' || token !== null, {
    path: ['token'],
    error: "with card, the payment provider's token of what the shopper entered there",
  }),
  /** What the shopper saw: an order that would cost anything else is not taken. */
  expectedTotal: optional(fields({ minorUnits, currency })),
});
export type PlaceOrderInput = z.output<typeof placeOrderInput>;
