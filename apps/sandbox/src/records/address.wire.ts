import { z } from 'zod';

/** A decimal number as text; like the systems it stands in for, the sandbox keeps no binary fractions of money. */
export const decimal = z.string().regex(/^\d{1,12}(\.\d{1,6})?$/, 'a decimal number as text, such as "129.95"');
export const currencyCode = z.string().regex(/^[A-Z]{3}$/, 'ISO 4217');
export const instant = z.iso.datetime({ offset: true });
export const recordId = z.string().min(1).max(1024).describe('in a PUT: taken from the address');

/** Where something is sent or billed to, in the words that these systems share. */
export const address = z.strictObject({
  recipient: z.string().min(1),
  firm: z.string().nullable().optional(),
  line1: z.string().min(1),
  line2: z.string().nullable().optional(),
  zip: z.string().min(1),
  town: z.string().min(1),
  province: z.string().nullable().optional(),
  nation: z.string().regex(/^[A-Z]{2}$/, 'ISO 3166, such as DE'),
  phone: z.string().nullable().optional(),
});
