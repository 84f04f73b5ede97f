import { z } from 'zod';
import { currencyCode, decimal, recordId } from './address.wire';
import { localTime } from './price.wire';

/** A record of `pricing/promotions`. Times are those of the wall clock in `zone`, like those of prices. */
export const promotionRecord = z.strictObject({
  id: recordId,
  title: z.string().min(1),
  region: z.string().regex(/^[A-Z][A-Z0-9-]*$/, 'a code in capitals, such as EU'),
  currency: currencyCode,
  group: z.string().min(1).nullable().default(null).describe('a customer group; null = everybody'),
  coupon: z.string().min(1).nullable().default(null).describe('what the shopper types; null = nothing is needed'),
  percent: decimal.nullable().default(null),
  off: decimal.nullable().default(null).describe('an amount of money; exactly one of percent and off'),
  minimum: decimal.default('0').describe('of the articles that it concerns'),
  articles: z.array(z.string().min(1)).min(1).nullable().default(null).describe('null = all'),
  starts: localTime.nullable().default(null),
  ends: localTime.nullable().default(null).describe('the first moment at which it is over'),
  zone: z.string().min(1),
  combines: z.boolean().default(false).describe('whether it may be given together with others'),
  rank: z.int().min(0).default(0).describe('the higher one is applied first'),
});

export type PromotionRecord = z.output<typeof promotionRecord>;
