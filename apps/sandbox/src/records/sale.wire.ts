import { z } from 'zod';
import { address, currencyCode, decimal, instant, recordId } from './address.wire';

const position = z.strictObject({
  line: z.string().min(1).max(200),
  article: z.string().min(1).describe('the SKU; the ERP must have it in stock records'),
  pieces: z.int().min(1),
  unitPrice: decimal,
  taxPercent: decimal,
  taxIncluded: z.boolean().describe('whether the unit price has the tax in it'),
  net: decimal.describe('of the whole line'),
  gross: decimal,
  warehouse: z.string().min(1).nullable().default(null).describe('where it is to be taken from; null = where there is some'),
});

/** A record of `erp/sales`. It moves no stock: that is what shipments do. Nothing keeps two of them from having one reference. */
export const saleRecord = z.strictObject({
  id: recordId,
  reference: z.string().min(1).max(200).describe('the number that the shop gave the order'),
  orderedAt: instant,
  currency: currencyCode,
  account: z.string().min(1).nullable().default(null),
  mail: z.string().min(3).max(320),
  deliverTo: address,
  positions: z.array(position).min(1).max(1000),
  total: decimal,
  state: z.enum(['confirmed', 'cancelled', 'done']).default('confirmed'),
  cancelledAt: instant.nullable().default(null),
  cancelReason: z.string().nullable().default(null),
});

export const saleBody = saleRecord.omit({ id: true, state: true, cancelledAt: true, cancelReason: true });

export type SaleRecord = z.output<typeof saleRecord>;
