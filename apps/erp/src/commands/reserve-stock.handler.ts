import { reserveStock } from '@steward/contracts';
import { defineBatchHandler, type Handler } from '@steward/event-bus';
import type { Clock } from '@steward/platform';
import { holdStock } from '../reservation/hold';
import { tell } from '../reservation/tell';
import { isOfCart } from './of-cart';

/** All requests of a batch are decided at once: a hot SKU is locked and written once for all of them (S1). */
export function reserveStockHandler(clock: Clock): Handler {
  return defineBatchHandler({
    builds: 'reservations',
    contract: reserveStock,
    handleAll: async (tx, events) => {
      const requests = events.map(({ data: { orderId, lines, expiresAt, cartReservationId = null }, envelope }) => ({
        orderId, cart: isOfCart(envelope), cartReservationId, lines, expiresAt: new Date(expiresAt), correlationId: envelope.correlationId, traceparent: envelope.traceparent,
      }));
      await tell(tx, await holdStock(tx, requests, new Date(clock.now())));
    },
  });
}
