import { category, product } from '@steward/contracts';
import { defineSandboxConnector, sandboxCollection } from '@steward/sandbox-connector';
import { categoryWire, productWire } from './sandbox.wire';
import { toCategory, toProduct } from './translate';

export const sandboxConnector = defineSandboxConnector([
  sandboxCollection({ collection: 'pim/products', contract: product, wire: productWire, keyOf: ({ id }) => id, translate: toProduct }),
  sandboxCollection({ collection: 'pim/categories', contract: category, wire: categoryWire, keyOf: ({ id }) => id, translate: toCategory }),
]);
