/** The frames of the sandbox's API; what is in them is judged item by item, by the feed. */
import { z } from 'zod';

export const pageWire = z.object({
  items: z.array(z.unknown()),
  next: z.object({ modifiedSince: z.string().optional(), after: z.string() }).nullable(),
  hasMore: z.boolean(),
  total: z.number().int(),
});

export const webhookWire = z.object({ events: z.array(z.object({ collection: z.string(), id: z.string(), at: z.string() })).max(10_000) });
