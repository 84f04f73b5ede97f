/**
 * After the play: the books of every system, held against what shoppers were told. Nobody's word is taken for another's:
 * orders as the storefront shows them, the OMS's, the ERP's and the payment provider's, all read where they are kept.
 */
import type { Charge, SandboxControl, SandboxRecord } from '../clients/sandbox.client';
import type { ShownOrder } from '../clients/shopper.client';
import type { Bought } from './buyers';
import type { Goods } from './goods';
import { isOpen } from './holds';

export interface Books {
  readonly orders: readonly SandboxRecord[];
  readonly sales: readonly SandboxRecord[];
  readonly charges: readonly Charge[];
}

export async function readBooks(sandbox: SandboxControl): Promise<Books> {
  const [orders, sales, charges] = await Promise.all([sandbox.list('oms/orders'), sandbox.list('erp/sales'), sandbox.charges()]);
  return { orders: orders.items, sales: sales.items, charges };
}

/** What a play has added to them. */
export function since(before: Books, after: Books): Books {
  const newOnes = <T>(old: readonly T[], all: readonly T[], idOf: (one: T) => string): T[] => {
    const known = new Set(old.map(idOf));
    return all.filter((one) => !known.has(idOf(one)));
  };
  const idOf = ({ id }: SandboxRecord): string => id;
  return { orders: newOnes(before.orders, after.orders, idOf), sales: newOnes(before.sales, after.sales, idOf), charges: newOnes(before.charges, after.charges, ({ intent }) => intent) };
}

const standing = (records: readonly SandboxRecord[], number: string): number => records.filter(({ reference, state }) => reference === number && state !== 'cancelled').length;
/** Money that was taken or is being held. */
const held = ({ capturable, captured, refunded }: Charge): number => capturable + captured - refunded;

/** Sentences that say what is wrong; none = every invariant holds. */
export function violations(bought: readonly Bought[], goods: readonly Goods[], books: Books): string[] {
  const orders = bought.flatMap(({ order }) => order ?? []);
  return [
    ...bought.filter(({ ids }) => ids.length > 1).map(({ key, ids }) => `purchase ${key} became ${ids.length} orders: ${ids.join(', ')}`),
    ...bought.filter(({ answers }) => answers > 1).map(({ key, answers }) => `purchase ${key} was answered in ${answers} different ways`),
    ...bought.flatMap(({ order, promisedUnit }) => (order?.lines ?? []).filter(({ unit }) => Number(unit.minorUnits) !== promisedUnit).map(({ unit }) => `order ${order?.number} costs ${unit.minorUnits} and ${promisedUnit} was promised`)),
    ...orders.flatMap((order) => ofOrder(order, books)),
    ...bought.flatMap(ofHold),
    ...goods.flatMap((each) => ofGoods(each, bought)),
    ...strangers(orders, books),
  ];
}

function ofOrder({ id, number, status, totals }: ShownOrder, { orders, sales, charges }: Books): string[] {
  if (status === 'ACCEPTED') return [`order ${number} was never decided`];
  const [placed, sold] = [standing(orders, number), standing(sales, number)];
  const asked = charges.filter(({ metadata }) => metadata['orderId'] === id);
  // S6: never a second one, be it let go of again: the shopper's bank has seen both.
  if (asked.length > 1) return [`the provider was asked for ${asked.length} payments for order ${number}`];
  const money = asked.filter((charge) => held(charge) > 0);
  const gross = Number(totals.gross.minorUnits);
  if (status === 'REJECTED' || status === 'CANCELLED') {
    return [
      ...(placed > 0 ? [`order ${number} is ${status} and stands in the OMS`] : []),
      ...(sold > 0 ? [`order ${number} is ${status} and stands in the ERP`] : []),
      ...(money.length > 0 ? [`order ${number} is ${status} and its money is held`] : []),
    ];
  }
  return [
    ...(placed === 1 ? [] : [`order ${number} is ${status} and is ${placed} times in the OMS`]),
    ...(sold === 1 ? [] : [`order ${number} is ${status} and is ${sold} times in the ERP`]),
    ...(money.length === 1 && money.every((charge) => held(charge) === gross) ? [] : [`order ${number} is ${status}, costs ${gross}, and has ${money.length} payments of ${money.map(held).join(', ')}`]),
  ];
}

export const isSold = ({ order }: Bought): boolean => order?.status === 'CONFIRMED' || order?.status === 'COMPLETED';

/** S2 S4: asked for once it is one, it ends, and what it held is its own order's or nobody's. */
function ofHold(purchase: Bought): string[] {
  const { sku, order, doneAt, hold } = purchase;
  if (hold === undefined) return [];
  const { id, status, orderId } = hold.reserved.reservation;
  const lost = order?.rejection?.code === 'OUT_OF_STOCK' && hold.heldFrom !== undefined && doneAt < hold.until;
  return [
    ...(hold.ids.length > 1 ? [`a cart holds ${sku} ${hold.ids.length} times: ${hold.ids.join(', ')}`] : []),
    ...(hold.answers > 1 ? [`hold ${id} was answered in ${hold.answers} different ways`] : []),
    ...(isOpen(hold) ? [`hold ${id} of ${sku} was ${hold.end} and is ${status}`] : []),
    ...(isSold(purchase) && orderId !== order?.id ? [`order ${order?.number} named hold ${id}, which is ${orderId === null ? 'nobody’s' : `order ${orderId}’s`}`] : []),
    ...(lost ? [`order ${order.number} is turned away for want of the piece that its cart held`] : []),
  ];
}

function ofGoods({ sku, stock }: Goods, bought: readonly Bought[]): string[] {
  const wanted = bought.filter((each) => each.sku === sku);
  const sold = wanted.filter(isSold).length;
  if (sold > stock) return [`${sold} pieces of ${sku} were sold and there were ${stock}`];
  const most = mostAtOnce(wanted);
  if (most > stock) return [`${most} pieces of ${sku} were held or sold at once and there were ${stock}`];
  // A piece held for a card that was then declined, or for a cart that was left, may have sent others away: only without those must all be sold.
  const givenBack = wanted.some((each) => !isSold(each) && ((each.order !== undefined && each.order.rejection?.code !== 'OUT_OF_STOCK') || (each.hold !== undefined && each.hold.reserved.reservation.status !== 'REFUSED')));
  if (!givenBack && sold < Math.min(stock, wanted.length)) return [`${sold} pieces of ${sku} were sold, there were ${stock}, and ${wanted.length} wanted one`];
  return [];
}

/** I4: pieces that shoppers had at the same moment, by what they were told: each at least from when they heard until they might have lost it. */
function mostAtOnce(wanted: readonly Bought[]): number {
  const spans = wanted.flatMap((each): [number, number][] => {
    const { hold, doneAt } = each;
    const soldFrom = isSold(each) ? doneAt : Infinity;
    if (hold?.heldFrom === undefined) return [[soldFrom, Infinity]];
    // An order takes over what is held, and nobody comes between; else there may be a gap.
    return soldFrom < hold.until ? [[hold.heldFrom, Infinity]] : [[hold.heldFrom, Math.min(hold.until, hold.endedAt)], [soldFrom, Infinity]];
  });
  const changes = spans.filter(([from, to]) => from < to).flatMap(([from, to]) => [{ at: from, by: 1 }, { at: to, by: -1 }]);
  let [now, most] = [0, 0];
  for (const { by } of changes.toSorted((one, other) => one.at - other.at || one.by - other.by)) most = Math.max(most, (now += by));
  return most;
}

/** What is in the books of a system and belongs to no order that a shopper knows of. */
function strangers(orders: readonly ShownOrder[], books: Books): string[] {
  const [numbers, ids] = [new Set(orders.map(({ number }) => number)), new Set(orders.map(({ id }) => id))];
  const unknown = (records: readonly SandboxRecord[], system: string): string[] =>
    records.filter(({ reference, state }) => state !== 'cancelled' && !numbers.has(String(reference))).map(({ reference }) => `${String(reference)} stands in the ${system} and no shopper ordered it`);
  return [
    ...unknown(books.orders, 'OMS'),
    ...unknown(books.sales, 'ERP'),
    ...books.charges.filter((charge) => held(charge) > 0 && !ids.has(charge.metadata['orderId'] ?? '')).map(({ intent }) => `payment ${intent} is held and no shopper ordered it`),
  ];
}
