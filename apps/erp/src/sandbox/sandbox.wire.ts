/** What the sandbox ERP sends. Open: a field that is new there is none of our business. */
import { z } from 'zod';

/** One SKU in one warehouse. */
export const stockWire = z
  .object({
    id: z.string().min(1),
    item: z.string().min(1),
    warehouse: z.string().min(1),
    quantity: z.number(),
    buffer: z.number().optional(),
    orderable: z.boolean().optional(),
    nextDelivery: z.string().nullish(),
    version: z.number().int(),
  })
  .refine(({ id, item, warehouse }) => id === `${item}@${warehouse}`, { path: ['id'], message: 'is not <item>@<warehouse>: the record could not be read by its key' });

export type SandboxStock = z.output<typeof stockWire>;

export const shipmentWire = z.object({
  id: z.string().min(1),
  reference: z.string().min(1),
  warehouse: z.string().min(1),
  positions: z.array(z.object({ line: z.string().nullish(), article: z.string().min(1), pieces: z.number() })).min(1),
  state: z.enum(['shipped', 'delivered', 'cancelled']),
  carrier: z.string().nullish(),
  tracking: z.string().nullish(),
  shippedAt: z.string().nullish(),
  version: z.number().int(),
});

export type SandboxShipment = z.output<typeof shipmentWire>;

/** It stands in the warehouse and has taken nothing out of stock. */
export const isPacked = (raw: unknown): boolean => typeof raw === 'object' && raw !== null && (raw as { state?: unknown }).state === 'packed';

export const saleWire = z.object({ id: z.string().min(1), reference: z.string().min(1), state: z.string() });
export const salesWire = z.object({ items: z.array(saleWire) });
export const problemWire = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

export type SandboxSale = z.output<typeof saleWire>;
