import { category, type Category } from '@steward/contracts';
import { defineProjection } from '@steward/event-bus';

/** The stored parts are the whole read model: a tree is small, and is built from them when it is read (tree.ts). */
export const categoryProjection = defineProjection<Category>({ builds: 'categories', contract: category, apply: async () => undefined });
