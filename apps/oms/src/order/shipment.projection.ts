import { shipment } from '@steward/contracts';
import { defineProjection, type Projection } from '@steward/event-bus';
import { happen, type HappenParts } from './happen';
import { orderIdsOf } from './saga.store';

/** Parcels of our orders; the warehouse also packs what was ordered elsewhere. */
export function shipmentProjection(parts: HappenParts): Projection {
  return defineProjection({
    builds: 'shipments',
    contract: shipment,
    apply: async (tx, changes) => {
      const orderIds = await orderIdsOf(tx, changes.flatMap(({ data }) => (data === null ? [] : [data.orderNumber])));
      const parcels = changes.flatMap(({ data, envelope }) => {
        const orderId = data === null ? undefined : orderIds.get(data.orderNumber);
        return data === null || orderId === undefined ? [] : [{ orderId, input: { kind: 'shipment' as const, shipment: data }, traceparent: envelope.traceparent, causationId: envelope.id }];
      });
      await happen(tx, parcels, parts);
    },
  });
}
