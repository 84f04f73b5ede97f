import { defineAdapter } from '@steward/adapter-kit';
import { vendors } from './vendors';

/** The pricing system owns price lists (what a SKU costs, where, for whom and when) and promotions (by which rule lines get cheaper). */
export const pricing = defineAdapter({ name: 'pricing', connectors: vendors });
