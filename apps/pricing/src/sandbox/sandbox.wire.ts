/** What the sandbox pricing system sends. Open: a field that is new there is none of our business. */
import { z } from 'zod';

/** One entry of a price list. Amounts are decimal text, times are those of the wall clock in `zone`. */
export const priceWire = z.object({
  id: z.string().min(1),
  article: z.string().min(1),
  region: z.string().min(1),
  currency: z.string(),
  group: z.string().min(1).nullable(),
  fromQuantity: z.number(),
  amount: z.string(),
  insteadOf: z.string().nullish(),
  tax: z.enum(['gross', 'net']),
  starts: z.string().nullable(),
  ends: z.string().nullable(),
  zone: z.string(),
  version: z.number().int(),
});

export type SandboxPrice = z.output<typeof priceWire>;

/** A rule by which articles get cheaper: by a percentage or by an amount, the other is null. */
export const promotionWire = z.object({
  id: z.string().min(1),
  region: z.string().min(1),
  currency: z.string(),
  group: z.string().min(1).nullable(),
  coupon: z.string().min(1).nullable(),
  percent: z.string().nullable(),
  off: z.string().nullable(),
  minimum: z.string(),
  articles: z.array(z.string().min(1)).min(1).nullable(),
  starts: z.string().nullable(),
  ends: z.string().nullable(),
  zone: z.string(),
  combines: z.boolean(),
  rank: z.number().int(),
  version: z.number().int(),
});
export type SandboxPromotion = z.output<typeof promotionWire>;
