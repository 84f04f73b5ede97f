/** What a transaction has changed, told in this very transaction: to shoppers and the order service as states, to the ERP as effects. */
import { announceOwn, intendEffects } from '@steward/adapter-kit';
import { reservedStock, stockReservation, type StockReservation } from '@steward/contracts';
import { together } from '@steward/platform';
import type { PoolClient } from 'pg';
import type { SaleCancellation } from '../sale/ports';
import type { Changes } from './changes';
import type { Reservation } from './reservation.store';

/** What brought it about, where that is another thing than the request for the stock. */
export interface Cause {
  readonly causationId?: string;
  readonly traceparent?: string | null;
}

const system = 'erp';

/** Locks of effects come last, here as everywhere. */
export async function tell(tx: PoolClient, { reservations, balances, toCancel, askedAgain }: Changes, cause: Cause = {}): Promise<void> {
  // An order that was released before it was asked for has nothing to say yet.
  const states = (rows: readonly Reservation[]) => rows.filter(({ lines }) => lines.length > 0).map((row) => ({ key: row.orderId, data: toState(row), correlationId: row.correlationId, traceparent: row.traceparent, ...cause }));
  await together([
    announceOwn(tx, system, stockReservation, states(reservations)),
    announceOwn(tx, system, stockReservation, states(askedAgain), { again: true }),
    announceOwn(tx, system, reservedStock, balances.map(({ sku, location, reserved }) => ({ key: `${sku}@${location}`, data: { sku, location, reserved }, ...cause }))),
    intendEffects(tx, toCancel.map((row) => ({ kind: 'cancel-sale', key: row.cancellations === 1 ? row.orderId : `${row.orderId} ${row.cancellations}`, request: toCancellation(row), correlationId: row.correlationId, traceparent: cause.traceparent ?? row.traceparent }))),
  ]);
}

function toState({ orderId, status, lines, refusal, expiresAt, erpReference, exportRefusal }: Reservation): StockReservation {
  return {
    orderId,
    status,
    lines: lines.map(({ lineId, sku, quantity, allocations }) => ({ lineId, sku, quantity, allocations: allocations.map(({ location, quantity: share }) => ({ location, quantity: share })) })),
    refusal: refusal && { code: refusal.code, sku: refusal.sku, available: refusal.available, ...(refusal.shortages === undefined ? {} : { shortages: refusal.shortages.map(({ lineId, sku, available }) => ({ lineId, sku, available })) }) },
    // Once it is over or out of our hands, time ends it no more.
    expiresAt: status === 'held' ? (expiresAt?.toISOString() ?? null) : null,
    erpReference,
    exportRefusal: exportRefusal && { code: exportRefusal.code, reason: exportRefusal.reason },
  };
}

const toCancellation = ({ orderId, orderNumber, erpReference }: Reservation): SaleCancellation => ({ orderId, number: orderNumber ?? '', reference: erpReference ?? '' });
