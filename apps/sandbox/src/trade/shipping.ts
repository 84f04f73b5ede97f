// What the warehouse does when it is told to ship an order: it takes what is still open from where it lies.
import { z } from 'zod';
import { RejectedError } from '@steward/platform';
import { collections, type Fields } from '../records/collections';
import type { SaleRecord } from '../records/sale.wire';
import type { ShipmentRecord } from '../records/shipment.wire';
import type { StockRecord } from '../records/stock.wire';
import type { Store, Write } from '../store/store';

const FIRST_NUMBER = 500_000;

export const shipBody = z.strictObject({
  reference: z.string().min(1),
  /** Left out: all that is open. */
  positions: z.array(z.strictObject({ line: z.string().min(1), pieces: z.int().min(1) })).min(1).optional(),
  /** Left out: where the sale says, else where there is most. */
  warehouse: z.string().min(1).optional(),
  state: z.enum(['packed', 'shipped', 'delivered']).default('shipped'),
  carrier: z.string().min(1).nullable().default('DHL'),
  tracking: z.string().min(1).nullable().default(null),
});

type Wish = z.output<typeof shipBody>;
interface Taken {
  readonly warehouse: string;
  readonly line: string;
  readonly article: string;
  readonly pieces: number;
}

/** One shipment a warehouse; a line is split where one warehouse has too little. */
export function shipmentsOf(store: Store, wish: Wish, now: number): readonly Write[] {
  const sale = saleOf(store, wish.reference);
  const open = openPieces(store, sale);
  const asked = wish.positions ?? [...open].flatMap(([line, pieces]) => (pieces > 0 ? [{ line, pieces }] : []));
  const left = new Map<string, number>();
  const taken = asked.flatMap(({ line, pieces }, index) => {
    const position = sale.positions.find((one) => one.line === line);
    if (!position || pieces > (open.get(line) ?? 0)) throw refused(`line ${line} has ${open.get(line) ?? 0} pieces open`, `/positions/${index}/pieces`, 'what is open of the sale');
    return take(store, left, position, pieces, wish.warehouse ?? position.warehouse);
  });
  if (taken.length === 0) throw refused('nothing of it is open', '/reference', 'a sale with open positions');
  const next = store.nextVersion(collections.shipments);
  return [...new Set(taken.map(({ warehouse }) => warehouse))].map((warehouse, index) => {
    const id = `SH-${FIRST_NUMBER + next + index}`;
    const positions = taken.filter((one) => one.warehouse === warehouse).map(({ line, article, pieces }) => ({ line, article, pieces }));
    const record: ShipmentRecord = { id, reference: wish.reference, warehouse, positions, state: wish.state, carrier: wish.carrier, tracking: wish.tracking ?? `${id}-T`, shippedAt: wish.state === 'packed' ? null : new Date(now).toISOString() };
    return { id, record };
  });
}

/** The first of the reference that is not cancelled: a second one is a duplicate, and nobody wants it shipped. */
function saleOf(store: Store, reference: string): SaleRecord {
  const sales = store.of(collections.sales).filed(reference).map(({ json }) => JSON.parse(json) as SaleRecord);
  const found = sales.find(({ state }) => state !== 'cancelled');
  if (found) return found;
  throw new RejectedError('SANDBOX_NOT_FOUND', `there is no sale ${JSON.stringify(reference)} to ship`, { place: '/reference', accepted: 'the reference of a record of erp/sales' });
}

function openPieces(store: Store, sale: SaleRecord): Map<string, number> {
  const open = new Map(sale.positions.map(({ line, pieces }) => [line, pieces]));
  for (const { json } of store.of(collections.shipments).filed(sale.reference)) {
    const { state, positions } = JSON.parse(json) as ShipmentRecord;
    if (state === 'cancelled') continue;
    for (const { line, pieces } of positions) if (line !== null) open.set(line, (open.get(line) ?? 0) - pieces);
  }
  return open;
}

function take(store: Store, left: Map<string, number>, { line, article }: { line: string; article: string }, wanted: number, from: string | null): Taken[] {
  const places = stockOf(store, article).filter(({ warehouse }) => from === null || warehouse === from);
  const onHand = (place: StockRecord): number => left.get(place.id) ?? place.quantity;
  let missing = wanted;
  const taken = places
    .toSorted((a, b) => onHand(b) - onHand(a))
    .flatMap((place) => {
      const pieces = Math.min(missing, Math.max(0, onHand(place)));
      missing -= pieces;
      left.set(place.id, onHand(place) - pieces);
      return pieces === 0 ? [] : [{ warehouse: place.warehouse, line, article, pieces }];
    });
  if (missing > 0) throw refused(`line ${line}: ${missing} pieces of ${JSON.stringify(article)} are not there`, '/positions', 'what is on hand');
  return taken;
}

function stockOf(store: Store, article: string): StockRecord[] {
  const prefix = `${article}@`;
  const places: StockRecord[] = [];
  for (let after = prefix; ; ) {
    const [entry] = store.of(collections.stock).listedAfter(after, 1);
    if (!entry?.id.startsWith(prefix)) return places;
    const record = JSON.parse(entry.json) as Fields;
    // An article may have an @ in its name: the record says which it is of.
    if (record['item'] === article && typeof record['quantity'] === 'number') places.push(record as unknown as StockRecord);
    after = entry.id;
  }
}

function refused(detail: string, place: string, accepted: string): RejectedError {
  return new RejectedError('SANDBOX_RECORD_INVALID', detail, { place, accepted });
}
