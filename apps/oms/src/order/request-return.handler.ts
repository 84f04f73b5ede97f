import { requestReturn } from '@steward/contracts';
import { defineHandler, type Handler } from '@steward/event-bus';
import { happen, type HappenParts } from './happen';

export function requestReturnHandler(parts: HappenParts): Handler {
  return defineHandler({
    builds: 'orders',
    contract: requestReturn,
    handle: (tx, { data, envelope }) => happen(tx, [{ orderId: data.orderId, input: { kind: 'request-return', request: data }, traceparent: envelope.traceparent, causationId: envelope.id }], parts),
  });
}
