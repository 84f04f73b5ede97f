import { product } from '@steward/contracts';
import { defineSandboxConnector } from '@steward/sandbox-connector';
import { productWire } from './sandbox.wire';
import { toProduct } from './translate';

export const sandboxConnector = defineSandboxConnector({ collection: 'pim/products', contract: product, wire: productWire, keyOf: ({ id }) => id, translate: toProduct });
