import { z } from 'zod';
import { address, instant, recordId } from './address.wire';

const postal = address.extend({
  ref: z.string().min(1).max(200).describe('names the address among those of the customer'),
  forDelivery: z.boolean().default(false).describe('the one that is used if nothing else is said'),
  forInvoice: z.boolean().default(false),
});

const permission = z.strictObject({
  topic: z.enum(['newsletter', 'calls', 'profiling']),
  granted: z.boolean(),
  at: instant,
  origin: z.string().min(1).describe('where it was said, such as checkout'),
});

/** A record of `crm/customers`. Its id is the one that the shop gave: this CRM files people under the numbers of others. */
export const customerRecord = z.strictObject({
  id: recordId,
  mail: z.string().min(3).max(320),
  fullName: z.string().min(1).nullable().default(null),
  phone: z.string().min(1).nullable().default(null),
  tongue: z.string().regex(/^[a-z]{2}(-[A-Z]{2})?$/, 'a locale such as en or de-AT').nullable().default(null),
  postals: z.array(postal).default([]),
  permissions: z.array(permission).default([]),
  segments: z.array(z.string().min(1)).default([]),
  priceGroup: z.string().min(1).nullable().default(null).describe('the group of price lists; null = nobody in particular'),
  since: instant.nullable().default(null),
  mergedInto: z.string().min(1).nullable().default(null).describe('the id of the customer that this one turned out to be'),
});

/** What the shop may write; the rest is what the people at the CRM decide. */
export const customerBody = customerRecord.omit({ id: true, segments: true, priceGroup: true, mergedInto: true });

export type CustomerRecord = z.output<typeof customerRecord>;

/** A record of `crm/segments`. */
export const segmentRecord = z.strictObject({
  id: recordId,
  title: z.string().min(1),
  priceGroup: z.string().min(1).nullable().default(null),
});

export type SegmentRecord = z.output<typeof segmentRecord>;
