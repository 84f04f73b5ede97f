/** A cart's reservation as its shopper sees it. */
import type { FoundReservation } from './reservation.store';

export interface ReservationView {
  id: string;
  /** PENDING: nobody has answered yet. ORDERED: it is an order's now. */
  status: 'PENDING' | 'HELD' | 'REFUSED' | 'ORDERED' | 'RELEASED' | 'EXPIRED';
  /** Until when it is held, or would have been. */
  expiresAt: string;
  /** Of REFUSED: `available` of each line that is short is what there is of its SKU; null of the others. */
  lines: { sku: string; quantity: number; available: number | null }[];
  orderId: string | null;
}

export function toReservationView(found: FoundReservation, now: number): ReservationView {
  const { reservationId, lines, expiresAt, orderId, state } = found;
  const short = new Map(shortagesOf(state).map(({ lineId, available }) => [lineId, available]));
  return {
    id: reservationId,
    status: statusOf(found, now),
    expiresAt: (state?.expiresAt == null ? expiresAt : new Date(state.expiresAt)).toISOString(),
    lines: lines.map((line, index) => ({ sku: line.sku, quantity: line.quantity, available: short.get(lineIdOf(index)) ?? null })),
    orderId,
  };
}

/** As in an order. */
export const lineIdOf = (index: number): string => String(index + 1);

function statusOf({ orderId, releasedAt, expiresAt, state }: FoundReservation, now: number): ReservationView['status'] {
  if (orderId !== null) return 'ORDERED';
  if (releasedAt !== null) return 'RELEASED';
  if (state?.status === 'refused') return 'REFUSED';
  if (state?.status === 'released') return 'RELEASED';
  // Whoever reads the request when its time is over holds nothing.
  if (state?.status === 'expired' || expiresAt.getTime() <= now) return 'EXPIRED';
  return state === null ? 'PENDING' : 'HELD';
}

/** A stock service of before tells the first line only. */
function shortagesOf(state: FoundReservation['state']) {
  if (state?.refusal == null) return [];
  const { shortages, sku, available } = state.refusal;
  return shortages ?? state.lines.filter((line) => line.sku === sku).map(({ lineId }) => ({ lineId, sku, available }));
}
