/**
 * S3: what has left the warehouse stays reserved until a stock level says so. A read that began after the shipment was seen has the goods
 * taken off; one that began earlier may not, however late it arrives. In between a unit is counted twice against what may be sold,
 * and never not at all.
 * 1. A shipment is counted once, at the revision that first says it has left; one that is cancelled afterwards is held again.
 * 2. Goods that left another location than the one where they are held stay held there until the stock level of the other is read: what
 *    may be sold of a SKU is a sum over its locations, and no sooner does that sum know that they are gone.
 * 3. More than an order holds, and what belongs to no order of ours, is none of the ledger's business: the stock level says it alone.
 */
import type { Shipment } from '@steward/contracts';
import { changesOf, type Changes } from './changes';
import { bookEntries, type Entry, type Holding, holdingsOf, lockPlaces, type Tx } from './ledger.store';
import { isOver, lockByNumber, lockReservations, type Reservation, saveReservations } from './reservation.store';
import { countedAmong, forgetLeaving, type Leaving, noteLeaving, ordersDue, type Read, settleLeaving, shipmentNews } from './leaving.store';

/** Takes into account what was announced of these shipments; in the transaction that announces them. */
export async function seeShipments(tx: Tx, shipmentIds: readonly string[], now: Date): Promise<Changes> {
  const news = await shipmentNews(tx, shipmentIds);
  if (news.length === 0) return changesOf([]);
  const orders = await lockByNumber(tx, news.map(({ orderNumber }) => orderNumber));
  if (orders.length === 0) return changesOf([]);
  const back = await comeBack(tx, orders, news.filter(({ status }) => status === 'cancelled'), now);
  await leave(tx, orders, news.filter(({ status }) => status !== 'cancelled'), now);
  return back;
}

/** Takes off what was gone before this read of stock levels began; in the transaction that announces them, by the keys that it showed. */
export async function settleShipments(tx: Tx, keys: readonly string[], read: Read, lagMs: number, now: Date): Promise<Changes> {
  const reading = { keys, readNo: read.no, seenBy: new Date(read.at.getTime() - lagMs) };
  const due = await ordersDue(tx, reading);
  if (due.length === 0) return changesOf([]);
  const orders = await lockReservations(tx, due);
  const settled = await settleLeaving(tx, reading, due, now);
  const entries = settled.map((goods) => entryOf(goods, -goods.quantity, goods.kind));
  if (entries.length > 0) await lockPlaces(tx, entries);
  const balances = await bookEntries(tx, entries, [], now);
  const left = new Set((await holdingsOf(tx, due)).map(({ orderId }) => orderId));
  const shipped = orders.filter((row) => !left.has(row.orderId) && !isOver(row)).map((row): Reservation => ({ ...row, status: 'shipped', endedAt: now }));
  await saveReservations(tx, shipped);
  return changesOf(shipped, balances);
}

/** What is still free to leave goes down with every share. */
type Open = Holding & { free: number };

async function leave(tx: Tx, orders: readonly Reservation[], shipments: readonly Shipment[], now: Date): Promise<void> {
  if (shipments.length === 0) return;
  const counted = await countedAmong(tx, shipments.map(({ shipmentId }) => shipmentId));
  const open = (await holdingsOf(tx, orders.map(({ orderId }) => orderId))).map((holding): Open => ({ ...holding, free: holding.held - holding.leaving }));
  const leaving = shipments
    .filter(({ shipmentId }) => !counted.has(shipmentId))
    .flatMap((shipment) => {
      const order = orders.find(({ orderNumber }) => orderNumber === shipment.orderNumber);
      return order === undefined ? [] : shared(shipment, open.filter(({ orderId }) => orderId === order.orderId));
    });
  if (leaving.length > 0) await noteLeaving(tx, merged(leaving), now);
}

/** Which of an order's holdings a shipment takes: those of its own location first. */
function shared({ shipmentId, location, lines }: Shipment, open: readonly Open[]): Leaving[] {
  const shares: Leaving[] = [];
  for (const line of lines) {
    let left = line.quantity;
    const fitting = open.filter((holding) => holding.sku === line.sku && (line.lineId === null || holding.lineId === line.lineId));
    for (const holding of fitting.toSorted((a, b) => Number(b.location === location) - Number(a.location === location))) {
      const quantity = Math.min(left, holding.free);
      if (quantity <= 0) continue;
      holding.free -= quantity;
      left -= quantity;
      const { orderId, lineId, sku } = holding;
      shares.push({ kind: 'ship', shipmentId, orderId, lineId, sku, heldAt: holding.location, location: location ?? holding.location, quantity });
    }
  }
  return shares;
}

/** One row for each holding, of however many lines of the shipment it was put together. */
function merged(shares: readonly Leaving[]): Leaving[] {
  const rows = new Map<string, Leaving>();
  for (const share of shares) {
    const key = JSON.stringify([share.shipmentId, share.lineId, share.heldAt]);
    rows.set(key, { ...share, quantity: share.quantity + (rows.get(key)?.quantity ?? 0) });
  }
  return [...rows.values()];
}

const entryOf = ({ orderId, lineId, sku, heldAt, shipmentId }: Leaving, quantity: number, kind: Entry['kind']): Entry => ({ orderId, lineId, sku, location: heldAt, quantity, kind, ...(shipmentId === '' ? {} : { shipmentId }) });

/** The goods of cancelled shipments are in the warehouse again: still owed to their orders, or free where nobody wants them any more. */
async function comeBack(tx: Tx, orders: readonly Reservation[], shipments: readonly Shipment[], now: Date): Promise<Changes> {
  if (shipments.length === 0) return changesOf([]);
  const goods = await forgetLeaving(tx, shipments.map(({ shipmentId }) => shipmentId));
  const wanted = new Map(orders.filter((row) => row.status === 'shipped' || !isOver(row)).map((row) => [row.orderId, row]));
  // What was not taken off yet is still held, and right so for an order that wants it.
  const entries = goods.flatMap((each): Entry[] => {
    if (wanted.has(each.orderId)) return each.settled ? [entryOf(each, each.quantity, 'ship')] : [];
    return each.settled ? [] : [entryOf(each, -each.quantity, 'release')];
  });
  if (entries.length === 0) return changesOf([]);
  await lockPlaces(tx, entries);
  const balances = await bookEntries(tx, entries, [], now);
  const owed = new Set(entries.filter(({ kind }) => kind === 'ship').map(({ orderId }) => orderId));
  const reopened = [...wanted.values()].filter(({ orderId, status }) => status === 'shipped' && owed.has(orderId)).map((row): Reservation => ({ ...row, status: 'exported', endedAt: null }));
  await saveReservations(tx, reopened);
  return changesOf(reopened, balances);
}
