import { price } from '@steward/contracts';
import { defineSandboxConnector, sandboxCollection } from '@steward/sandbox-connector';
import { priceWire } from './sandbox.wire';
import { toPrice } from './translate';

export const sandboxConnector = defineSandboxConnector([sandboxCollection({ collection: 'pricing/prices', contract: price, wire: priceWire, keyOf: ({ id }) => id, translate: toPrice })]);
