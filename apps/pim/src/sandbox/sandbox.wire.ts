/** What the sandbox PIM sends. Open: a field that is new there is none of our business. */
import { z } from 'zod';

const label = z.object({
  title: z.string(),
  text: z.string().nullish(),
  urlKey: z.string(),
  metaTitle: z.string().nullish(),
  metaDescription: z.string().nullish(),
});

const picture = z.object({
  href: z.string(),
  type: z.string(),
  captions: z.record(z.string(), z.string()).optional(),
});

const option = z.object({
  sku: z.string(),
  size: z.string().nullish(),
  color: z.string().nullish(),
  ean: z.string().nullish(),
});

export const productWire = z.object({
  id: z.string().min(1),
  state: z.enum(['published', 'draft', 'archived']),
  categories: z.array(z.string()),
  manufacturer: z.string().nullish(),
  labels: z.record(z.string(), label),
  specs: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])),
  pictures: z.array(picture),
  options: z.array(option),
  version: z.number().int(),
});

export type SandboxProduct = z.output<typeof productWire>;

/** The frame around a page; the items are judged one by one. */
export const pageWire = z.object({
  items: z.array(z.unknown()),
  next: z.object({ modifiedSince: z.string().optional(), after: z.string() }).nullable(),
  hasMore: z.boolean(),
  total: z.number().int(),
});

export const webhookWire = z.object({ events: z.array(z.object({ collection: z.string(), id: z.string(), at: z.string() })).max(10_000) });
