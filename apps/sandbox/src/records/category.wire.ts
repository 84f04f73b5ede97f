import { z } from 'zod';
import { label, localeName } from './product.wire';

/** A record of `pim/categories`: one node of the tree. Like a real PIM it does not mind a parent that isn't there. */
export const categoryRecord = z.strictObject({
  id: z.string().min(1).max(1024).describe('in a PUT: taken from the address'),
  parent: z.string().min(1).nullable().default(null),
  order: z.int().default(0),
  labels: z.record(localeName, label),
});

export type CategoryRecord = z.output<typeof categoryRecord>;
