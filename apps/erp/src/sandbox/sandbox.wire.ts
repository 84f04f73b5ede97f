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

/** The frame around a page; the items are judged one by one. */
export const pageWire = z.object({
  items: z.array(z.unknown()),
  next: z.object({ modifiedSince: z.string().optional(), after: z.string() }).nullable(),
  hasMore: z.boolean(),
  total: z.number().int(),
});

export const webhookWire = z.object({ events: z.array(z.object({ collection: z.string(), id: z.string(), at: z.string() })).max(10_000) });
