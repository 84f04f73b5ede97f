import type { z } from 'zod';
import { fields, listOf, optional, text, whole } from '../input/fields';

export const MOST_LINES = 200;
const MOST_QUANTITY = 1_000_000;

export const sku = text(200, 'a SKU');
export const quantity = whole(1, MOST_QUANTITY);
const shippingMethod = optional(text(100, 'a shipping method'));
export const codes = optional(listOf(text(100, 'a promotion code'), 20, 0));

/** How a preview, or an order, names what the shopper's cart holds already. */
export const reservation = optional(fields({ id: text(200, 'the id of a reservation'), token: optional(text(200, 'the token of a reservation')) }));
export type ReservationReference = NonNullable<z.output<typeof reservation>>;

/** What a preview asks for; the context comes with the request. */
export const cartInput = fields({ lines: listOf(fields({ sku, quantity }), MOST_LINES), codes, shippingMethod, reservation });
export type CartInput = z.output<typeof cartInput>;
