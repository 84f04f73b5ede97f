import { defineAdapter } from '@steward/adapter-kit';
import { sandboxConnector } from './sandbox/sandbox.connector';

/** The pricing system owns price lists: what a SKU costs, where, for whom and when. */
export const pricing = defineAdapter({ name: 'pricing', connectors: { sandbox: sandboxConnector } });
