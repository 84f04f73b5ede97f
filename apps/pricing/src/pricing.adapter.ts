import { defineAdapter } from '@steward/adapter-kit';
import { vendors } from './vendors';

/** The pricing system owns price lists: what a SKU costs, where, for whom and when. */
export const pricing = defineAdapter({ name: 'pricing', connectors: vendors });
