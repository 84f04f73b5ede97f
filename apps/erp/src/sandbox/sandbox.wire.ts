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
