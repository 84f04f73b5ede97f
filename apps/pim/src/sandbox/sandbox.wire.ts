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

export const categoryWire = z.object({
  id: z.string().min(1),
  parent: z.string().min(1).nullable(),
  order: z.number(),
  labels: z.record(z.string(), label),
  version: z.number().int(),
});

export type SandboxCategory = z.output<typeof categoryWire>;
export type SandboxProduct = z.output<typeof productWire>;
