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
