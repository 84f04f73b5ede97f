import { stockReservation } from '@steward/contracts';
import { defineProjection, type Projection } from '@steward/event-bus';
import { happen, type HappenParts } from './happen';

/** What the stock service holds for our orders. It never forgets one: a deletion says nothing. */
export function stockReservationProjection(parts: HappenParts): Projection {
  return defineProjection({
    builds: 'reservations',
    contract: stockReservation,
    apply: (tx, changes) =>
      happen(
        tx,
        changes.flatMap(({ key, revision, data, envelope }) => (data === null ? [] : [{ orderId: key, input: { kind: 'reservation' as const, revision, reservation: data }, traceparent: envelope.traceparent, causationId: envelope.id }])),
        parts,
      ),
  });
}
