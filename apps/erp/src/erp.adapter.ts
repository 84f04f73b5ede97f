import { defineAdapter } from '@steward/adapter-kit';
import { vendors } from './vendors';

/** The ERP owns stock: what each location physically has. */
export const erp = defineAdapter({ name: 'erp', connectors: vendors });
