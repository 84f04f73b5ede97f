/**
 * How a reservation ends (S2): given back because nobody wants it, or because its time is over. Once: the row is locked, and one that
 * is over stays as it is. What the ERP was told of is given back only when the ERP has agreed, since it would ship it otherwise.
 */
import { changesOf, type Changes } from './changes';
import { bookEntries, type Entry, holdingsOf, lockPlaces, type Tx } from './ledger.store';
import { isOver, lockExpired, lockReservations, type Reservation, saveReservations, startReservations, type Asked } from './reservation.store';

export interface GivenUp extends Changes {
  /** Orders of which the ERP is being told just now: its answer, or that it never was told, decides. */
  readonly answering: readonly Reservation[];
}

/**
 * The order does not need its stock any more, or should not be carried out: which of the two was said makes no difference to the stock.
 * What is a cart's is given up for a cart only, and an order's for an order: nobody gives up what others hold.
 */
export async function giveUp(tx: Tx, orders: readonly Asked[], now: Date): Promise<GivenUp> {
  const ids = [...new Set(orders.map(({ orderId }) => orderId))];
  const asked = ids.map((id) => orders.find(({ orderId }) => orderId === id) as Asked);
  const started = await startReservations(tx, asked, now);
  const locked = await lockReservations(tx, ids);
  const before = locked.filter(({ orderId }) => started.has(orderId)).map((row): Reservation => ({ ...row, status: 'released', endedAt: now }));
  await saveReservations(tx, before);

  const carts = new Set(asked.filter(({ cart }) => cart === true).map(({ orderId }) => orderId));
  const open = locked.filter((row) => !started.has(row.orderId) && !isOver(row) && row.cart === carts.has(row.orderId));
  const unknownToErp = open.filter((row) => row.export === null || row.export === 'refused' || row.export === 'called_off');
  const answering = open.filter((row) => row.export === 'intended' && !row.givingUp).map((row): Reservation => ({ ...row, givingUp: true }));
  const toCancel = open.filter((row) => row.export === 'done').map(callOff);
  await saveReservations(tx, [...answering, ...toCancel]);
  const ended = await endReservations(tx, unknownToErp, 'release', now);
  return { ...changesOf(ended.reservations, ended.balances, toCancel), answering };
}

/** The ERP is asked to cancel it, once more if it was asked before. */
export const callOff = (row: Reservation): Reservation => ({ ...row, export: 'calling_off', givingUp: true, cancellations: row.cancellations + 1 });

/** What the ERP said in its own words, which may name a person, is said no more. */
export async function saidNothing(tx: Tx, orderId: string): Promise<Changes> {
  const told = (await lockReservations(tx, [orderId])).flatMap((row): Reservation[] => (row.exportRefusal === null ? [] : [{ ...row, exportRefusal: { ...row.exportRefusal, reason: 'erased' } }]));
  await saveReservations(tx, told);
  return changesOf(told);
}

/** Those whose time is over, `limit` at a time. */
export async function expireReservations(tx: Tx, now: Date, limit: number): Promise<Changes> {
  return endReservations(tx, await lockExpired(tx, now, limit), 'expire', now);
}

/** Gives back what rows that are locked still hold. Goods that have left the warehouse stay held until the stock level says so. */
export async function endReservations(tx: Tx, rows: readonly Reservation[], kind: 'release' | 'expire', now: Date): Promise<Changes> {
  if (rows.length === 0) return changesOf([]);
  const holdings = await holdingsOf(tx, rows.map(({ orderId }) => orderId));
  const entries = holdings
    .map(({ orderId, lineId, sku, location, held, leaving }): Entry => ({ orderId, lineId, sku, location, quantity: leaving - held, kind }))
    .filter(({ quantity }) => quantity < 0);
  if (entries.length > 0) await lockPlaces(tx, entries);
  const balances = await bookEntries(tx, entries, [], now);
  const ended = rows.map((row): Reservation => ({ ...row, status: kind === 'release' ? 'released' : 'expired', givingUp: false, endedAt: now }));
  await saveReservations(tx, ended);
  return changesOf(ended, balances);
}
