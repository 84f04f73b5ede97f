import { intendEffects } from '@steward/adapter-kit';
import { exportOrder, type ExportOrder } from '@steward/contracts';
import { defineHandler, type Handler } from '@steward/event-bus';
import type { Clock } from '@steward/platform';
import { intendExport } from '../reservation/export';
import type { Reservation } from '../reservation/reservation.store';
import { tell } from '../reservation/tell';
import type { Sale } from '../sale/ports';

/** Decides that the ERP is to be told; telling it is an effect, so that a slow ERP holds nothing up. */
export function exportOrderHandler(clock: Clock): Handler {
  return defineHandler({
    builds: 'sales',
    contract: exportOrder,
    handle: async (tx, { data, envelope: { id, correlationId, traceparent } }) => {
      const { orderId, number, lines } = data;
      const decision = await intendExport(tx, { orderId, number, lines, correlationId, traceparent }, new Date(clock.now()));
      await tell(tx, decision.changes, { causationId: id, traceparent });
      if (decision.kind === 'export') await intendEffects(tx, [{ kind: 'sale', key: orderId, request: toSale(data, decision.reservation), correlationId, traceparent }]);
    },
  });
}

function toSale(order: ExportOrder, { lines }: Reservation): Sale {
  const locationOf = new Map(lines.map(({ lineId, allocations }) => [lineId, allocations.length === 1 ? (allocations[0]?.location ?? null) : null]));
  return { ...order, lines: order.lines.map((line) => ({ ...line, location: locationOf.get(line.lineId) ?? null })) };
}
