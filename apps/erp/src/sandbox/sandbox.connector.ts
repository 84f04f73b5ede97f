import { stockLevel } from '@steward/contracts';
import { defineSandboxConnector, sandboxCollection } from '@steward/sandbox-connector';
import { stockWire } from './sandbox.wire';
import { keyOf, toStockLevel } from './translate';

export const sandboxConnector = defineSandboxConnector([sandboxCollection({ collection: 'erp/stock', contract: stockLevel, wire: stockWire, keyOf, translate: toStockLevel })]);
