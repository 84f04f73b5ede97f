import { price, promotion } from '@steward/contracts';
import { defineSandboxConnector, sandboxCollection } from '@steward/sandbox-connector';
import { priceWire, promotionWire } from './sandbox.wire';
import { toPrice, toPromotion } from './translate';

export const sandboxConnector = defineSandboxConnector([
  sandboxCollection({ collection: 'pricing/prices', contract: price, wire: priceWire, keyOf: ({ id }) => id, translate: toPrice }),
  sandboxCollection({ collection: 'pricing/promotions', contract: promotion, wire: promotionWire, keyOf: ({ id }) => id, translate: toPromotion }),
]);
