import { defineAdapter } from '@steward/adapter-kit';
import { sandboxConnector } from './sandbox/sandbox.connector';

/** The PIM owns products: what they are, where they are found, what is said about them. */
export const pim = defineAdapter({ name: 'pim', connectors: { sandbox: sandboxConnector } });
