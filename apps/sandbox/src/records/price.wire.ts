import { z } from 'zod';
import { currencyCode, decimal, recordId } from './address.wire';

export const localTime = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/, 'a local time without an offset, such as 2027-03-08T00:00');

/** A record of `pricing/prices`: one entry of a price list. Times are those of the wall clock in `zone`, as price lists have them. */
export const priceRecord = z.strictObject({
  id: recordId,
  article: z.string().min(1).describe('the SKU'),
  region: z.string().regex(/^[A-Z][A-Z0-9-]*$/, 'a code in capitals, such as EU'),
  currency: currencyCode,
  group: z.string().min(1).nullable().default(null).describe('a customer group; null = everybody'),
  fromQuantity: z.int().min(1).default(1),
  amount: decimal,
  insteadOf: decimal.nullable().optional().describe('the price that is struck through'),
  tax: z.enum(['gross', 'net']),
  starts: localTime.nullable().default(null),
  ends: localTime.nullable().default(null).describe('the first moment at which it is over'),
  zone: z.string().min(1).describe('time zone of starts and ends, such as Europe/Berlin'),
});

export type PriceRecord = z.output<typeof priceRecord>;
