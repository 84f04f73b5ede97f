/**
 * What the ERP makes of an order, seen from its reservation. The sale itself is an effect; here is what it means for the stock.
 * 1. An order is exported only while its stock is held, and from the moment it is to be exported time does not end it any more.
 * 2. An order that was given up meanwhile is released as soon as the ERP has refused it, and called off as soon as it has taken it.
 */
import { together } from '@steward/platform';
import type { Wanted } from './allocate';
import { changesOf, type Changes } from './changes';
import { callOff, endReservations } from './end';
import { unallocated } from './hold';
import { noteLeaving } from './leaving.store';
import { holdingsOf, type Tx } from './ledger.store';
import { type Asked, type ExportRefusal, isOver, lockReservations, type Reservation, saveReservations, startReservations } from './reservation.store';

export interface ExportRequest extends Asked {
  readonly number: string;
  readonly lines: readonly Wanted[];
}

export type ExportDecision = { readonly kind: 'export'; readonly changes: Changes; readonly reservation: Reservation } | { readonly kind: 'nothing'; readonly changes: Changes };

const notReserved: ExportRefusal = { code: 'NOT_RESERVED', reason: 'no stock is held for the order any more' };

export async function intendExport(tx: Tx, request: ExportRequest, now: Date): Promise<ExportDecision> {
  const [started, [row]] = await together([startReservations(tx, [request], now), lockReservations(tx, [request.orderId])]);
  if (row === undefined) throw new TypeError(`no row of order ${request.orderId}`);
  if (row.status === 'held' && row.export === null) {
    const reservation: Reservation = { ...row, export: 'intended', orderNumber: request.number, expiresAt: null };
    await saveReservations(tx, [reservation]);
    return { kind: 'export', changes: changesOf([reservation]), reservation };
  }
  // Known to the ERP already, or refused by it: what was said of it stands.
  if (row.export !== null || row.status === 'shipped') return { kind: 'nothing', changes: changesOf([], [], [], [row]) };
  const lines = row.lines.length === 0 ? unallocated(request.lines) : row.lines;
  const refused: Reservation = { ...row, lines, export: 'refused', exportRefusal: notReserved, ...(started.has(row.orderId) ? { status: 'released', endedAt: now } : {}) };
  await saveReservations(tx, [refused]);
  return { kind: 'nothing', changes: changesOf([refused]) };
}

export async function saleConfirmed(tx: Tx, orderId: string, erpReference: string): Promise<Changes> {
  return withOpenSale(tx, orderId, 'intended', async (row) => {
    const status = row.status === 'held' ? 'exported' : row.status;
    const sold: Reservation = { ...row, status, export: 'done', erpReference };
    const known = row.givingUp ? callOff(sold) : sold;
    await saveReservations(tx, [known]);
    return changesOf([known], [], row.givingUp ? [known] : []);
  });
}

/** The stock stays held: whether the order is given up is not the ERP's to decide. */
export async function saleRefused(tx: Tx, orderId: string, exportRefusal: ExportRefusal, now: Date): Promise<Changes> {
  return withOpenSale(tx, orderId, 'intended', async (row) => {
    const refused: Reservation = { ...row, export: 'refused', exportRefusal };
    if (row.givingUp && !isOver(row)) return endReservations(tx, [refused], 'release', now);
    await saveReservations(tx, [refused]);
    return changesOf([refused]);
  });
}

/**
 * The order is over at once, its stock is free when it was counted next: a part may have left the house before the ERP agreed, and
 * neither the shipment nor the lower stock level be here yet (S3).
 */
export async function saleCalledOff(tx: Tx, orderId: string, now: Date): Promise<Changes> {
  return withOpenSale(tx, orderId, 'calling_off', async (row) => {
    const off: Reservation = { ...row, export: 'called_off', givingUp: false, ...(isOver(row) ? {} : { status: 'released', endedAt: now }) };
    await saveReservations(tx, [off]);
    const rest = (await holdingsOf(tx, [orderId])).filter(({ held, leaving }) => held > leaving);
    await noteLeaving(tx, rest.map(({ lineId, sku, location, held, leaving }) => ({ kind: 'release', shipmentId: '', orderId, lineId, sku, heldAt: location, location, quantity: held - leaving })), now);
    return changesOf([off]);
  });
}

/** The ERP carries the order out all the same, mostly because it has left the house. */
export async function saleStays(tx: Tx, orderId: string, exportRefusal: ExportRefusal): Promise<Changes> {
  return withOpenSale(tx, orderId, 'calling_off', async (row) => {
    const stays: Reservation = { ...row, export: 'done', givingUp: false, exportRefusal };
    await saveReservations(tx, [stays]);
    return changesOf([stays]);
  });
}

async function withOpenSale(tx: Tx, orderId: string, state: 'intended' | 'calling_off', work: (row: Reservation) => Promise<Changes>): Promise<Changes> {
  const [row] = await lockReservations(tx, [orderId]);
  return row === undefined || row.export !== state ? changesOf([]) : work(row);
}
