/** What Directus sends for the data model of `directus.connector.ts`. Open: a field that is new there is none of our business. */
import { z } from 'zod';

/** An auto-incremented primary key: a number, or a text where the column is a big integer. */
export const rowId = z.union([z.number().int().nonnegative(), z.string().regex(/^\d+$/)]).transform(String);

const translation = z.object({
  languages_code: z.string().nullable(),
  name: z.string().nullable(),
  slug: z.string().nullable(),
  description: z.string().nullable(),
  seo_title: z.string().nullable(),
  seo_description: z.string().nullable(),
});

const variant = z.object({
  sku: z.string().min(1),
  gtin: z.string().nullable(),
  attributes: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).nullable(),
});

export const productWire = z.object({
  id: rowId,
  sku: z.string().nullable(),
  status: z.enum(['published', 'draft', 'archived']),
  brand: z.string().nullable(),
  attributes: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string()), z.null()])).nullable(),
  translations: z.array(translation),
  variants: z.array(variant),
  // Null where the row of the junction outlived what it names.
  categories: z.array(z.object({ categories_id: rowId.nullable() })),
  media: z.array(z.object({ directus_files_id: z.object({ id: z.string().min(1), type: z.string().nullable() }).nullable() })),
});

export const categoryWire = z.object({
  id: rowId,
  parent: rowId.nullable(),
  sort: z.number().int().nullable(),
  translations: z.array(translation),
});

export type DirectusProduct = z.output<typeof productWire>;
export type DirectusCategory = z.output<typeof categoryWire>;
export type DirectusTranslation = z.output<typeof translation>;

export const activityWire = z.object({
  id: z.number().int(),
  action: z.enum(['create', 'update', 'delete']),
  collection: z.string(),
  item: z.string(),
  timestamp: z.iso.datetime(),
});
export type Activity = z.output<typeof activityWire>;

/** The trigger of a Flow as its event hook gives it: one key for a creation, several for the rest. */
export const triggerWire = z.object({
  collection: z.string(),
  key: z.union([z.string(), z.number()]).optional(),
  keys: z.array(z.union([z.string(), z.number()])).max(10_000).optional(),
});
