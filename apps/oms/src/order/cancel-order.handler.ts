import { cancelOrder } from '@steward/contracts';
import { defineHandler, type Handler } from '@steward/event-bus';
import { happen, type HappenParts } from './happen';

export function cancelOrderHandler(parts: HappenParts): Handler {
  return defineHandler({
    builds: 'orders',
    contract: cancelOrder,
    handle: (tx, { data, envelope }) => happen(tx, [{ orderId: data.orderId, input: { kind: 'cancel-order', cancel: data }, traceparent: envelope.traceparent, causationId: envelope.id }], parts),
  });
}
