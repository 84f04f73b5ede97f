import { defineAdapter } from '@steward/adapter-kit';
import { sandboxConnector } from './sandbox/sandbox.connector';
import { trytonConnector } from './tryton/tryton.connector';

/** The ERP owns stock: what each location physically has. */
export const erp = defineAdapter({ name: 'erp', connectors: { sandbox: sandboxConnector, tryton: trytonConnector } });
