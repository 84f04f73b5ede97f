import { z } from 'zod';

/** A record of `erp/stock`: one SKU in one warehouse. A real ERP shows negative quantities, so this one may too. */
export const stockRecord = z.strictObject({
  id: z.string().min(3).max(1024).regex(/^[^]+@[^@]+$/u, '<sku>@<warehouse>').describe('in a PUT: taken from the address'),
  item: z.string().min(1).describe('left out: the part of the id before the last @'),
  warehouse: z.string().min(1).describe('left out: the part of the id after the last @'),
  quantity: z.int(),
  buffer: z.int().min(0).default(0),
  orderable: z.boolean().default(false),
  nextDelivery: z.iso.datetime({ offset: true }).nullable().optional(),
});

export type StockRecord = z.output<typeof stockRecord>;
