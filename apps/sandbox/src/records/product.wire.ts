import { z } from 'zod';

// The words of this make-believe PIM are deliberately not the words of our contracts: translating them is the
// adapter's work, and a stand-in that spoke contract would test nothing.

export const localeName = z.string().regex(/^[a-z]{2}(-[A-Z]{2})?$/, 'a locale such as en or de-AT');

/** What is said about a product or a category in one language. */
export const label = z.strictObject({
  title: z.string().min(1),
  text: z.string().nullable().optional(),
  urlKey: z.string().min(1).describe('left out: made from the id'),
  metaTitle: z.string().nullable().optional(),
  metaDescription: z.string().nullable().optional(),
});

const picture = z.strictObject({
  href: z.string().min(1),
  type: z.string().min(1),
  captions: z.record(localeName, z.string()).optional(),
});

const option = z.strictObject({
  sku: z.string().min(1),
  size: z.string().nullable().optional(),
  color: z.string().nullable().optional(),
  ean: z.string().nullable().optional(),
});

/** A record of `pim/products`. Absent, null (cleared) and a value stay three different things. */
export const productRecord = z.strictObject({
  id: z.string().min(1).max(1024).describe('in a PUT: taken from the address'),
  sku: z.string().min(1).max(1024).describe('left out: the id, which it must be'),
  state: z.enum(['published', 'draft', 'archived']).default('published'),
  categories: z.array(z.string().min(1)).default([]),
  manufacturer: z.string().nullable().optional(),
  labels: z.record(localeName, label),
  specs: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])).default({}),
  pictures: z.array(picture).default([]),
  options: z.array(option).default([]),
});

export type ProductRecord = z.output<typeof productRecord>;
