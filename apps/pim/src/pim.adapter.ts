import { defineAdapter } from '@steward/adapter-kit';
import { vendors } from './vendors';

/** The PIM owns products and categories: what there is, where it is found, what is said about it. */
export const pim = defineAdapter({ name: 'pim', connectors: vendors });
