import type { z } from 'zod';
import { fields, listOf, optional, text, whole } from '../input/fields';

export const MOST_LINES = 200;
export const MOST_QUANTITY = 1_000_000;

export const sku = text(200, 'a SKU');
export const quantity = whole(1, MOST_QUANTITY);
export const shippingMethod = optional(text(100, 'a shipping method'));
export const codes = optional(listOf(text(100, 'a promotion code'), 20, 0));

/** What a preview asks for; the context comes with the request. */
export const cartInput = fields({ lines: listOf(fields({ sku, quantity }), MOST_LINES), codes, shippingMethod });
export type CartInput = z.output<typeof cartInput>;
