import { defineAdapter } from '@steward/adapter-kit';
import { directusConnector } from './directus/directus.connector';
import { sandboxConnector } from './sandbox/sandbox.connector';

/** The PIM owns products and categories: what there is, where it is found, what is said about it. */
export const pim = defineAdapter({ name: 'pim', connectors: { sandbox: sandboxConnector, directus: directusConnector } });
