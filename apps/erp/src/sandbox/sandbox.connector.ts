import { stockLevel } from '@steward/contracts';
import { defineSandboxConnector } from '@steward/sandbox-connector';
import { stockWire } from './sandbox.wire';
import { keyOf, toStockLevel } from './translate';

export const sandboxConnector = defineSandboxConnector({ collection: 'erp/stock', contract: stockLevel, wire: stockWire, keyOf, translate: toStockLevel });
