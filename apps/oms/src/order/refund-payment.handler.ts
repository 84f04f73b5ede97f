import { refundPayment } from '@steward/contracts';
import { defineHandler, type Handler } from '@steward/event-bus';
import { happen, type HappenParts } from './happen';

/** A refund that is more than was captured is refused to whoever sent it: its letter lies with the owner of the contract. */
export function refundPaymentHandler(parts: HappenParts): Handler {
  return defineHandler({
    builds: 'orders',
    contract: refundPayment,
    handle: (tx, { data, envelope }) => happen(tx, [{ orderId: data.orderId, input: { kind: 'refund-payment', refund: data }, traceparent: envelope.traceparent, causationId: envelope.id }], parts),
  });
}
