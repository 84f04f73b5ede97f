/**
 * What is held, as an append-only ledger and as its sums by SKU and location.
 * 1. Both move in one statement (S2), and a sum that may not grow further refuses in that statement (S1).
 * 2. Sums are locked by SKU and location before anything is decided by them, always in that order. Whoever also locks
 *    reservations locks those first.
 * 3. Stock levels are read in a statement after the locks: the sums then include every hold that was decided before, and a stock level
 *    that had shipped goods taken off is seen no later than the sum that they left (S3). One statement for both would see the newest
 *    sum and, when it had to wait for the lock, an older stock level.
 */
import { StewardError, together } from '@steward/platform';
import type { PoolClient } from 'pg';
import type { Stock } from './allocate';

export type Tx = Pick<PoolClient, 'query'>;

export interface Place {
  readonly sku: string;
  readonly location: string;
}

export interface Balance extends Place {
  readonly reserved: number;
}

export type EntryKind = 'hold' | 'release' | 'expire' | 'ship';

/** One line of the ledger; what is given back is negative. */
export interface Entry extends Place {
  readonly orderId: string;
  readonly lineId: string;
  readonly quantity: number;
  readonly kind: EntryKind;
  readonly shipmentId?: string;
}

/** The sum of a place may not grow beyond `most`. */
export interface Limit extends Place {
  readonly most: number;
}

/** What an order holds at one place for one of its lines; `leaving` of it is gone or may be, and no stock level was read since. */
export interface Holding extends Place {
  readonly orderId: string;
  readonly lineId: string;
  readonly held: number;
  readonly leaving: number;
}

/** A batch's statements; a test hands in variants to prove that it would notice (T3). */
export interface LedgerStatements {
  readonly lock: string;
  readonly book: string;
}

// '@' ends the SKU, and 'A' is the character behind it: all locations of a SKU lie between the two, whatever the SKU holds.
const keysOf = `a.entity = 'stock-level' and a.key >= w.sku || '@' and a.key < w.sku || 'A' and a.data ->> 'sku' = w.sku and a.data is not null`;

const ensure = `
insert into reserved_stock (sku, location)
select w.sku, a.data ->> 'location' from unnest($1::text[]) w(sku) join announced a on ${keysOf}
where not exists (select from reserved_stock r where r.sku = w.sku and r.location = a.data ->> 'location')
order by 1, 2 on conflict do nothing`;

const lock = 'select from reserved_stock where sku = any($1::text[]) order by sku, location for update';

const read = `
select r.sku, r.location, r.reserved, (a.data ->> 'onHand')::bigint as "onHand", coalesce((a.data ->> 'safetyStock')::bigint, 0) as "safetyStock",
  coalesce((a.data ->> 'backorderable')::boolean, false) as backorderable
from unnest($1::text[]) w(sku) join announced a on ${keysOf} join reserved_stock r on r.sku = w.sku and r.location = a.data ->> 'location'`;

const book = `
with entry as (
  select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[]) e(order_id, line_id, sku, location, quantity, kind, shipment_id)
), net as (
  select sku, location, sum(quantity)::bigint as quantity from entry group by sku, location
), bounded as (
  select n.*, l.most from net n left join unnest($8::text[], $9::text[], $10::bigint[]) l(sku, location, most) using (sku, location)
), moved as (
  update reserved_stock r set reserved = r.reserved + b.quantity from bounded b
  where r.sku = b.sku and r.location = b.location and (b.most is null or r.reserved + b.quantity <= b.most)
  returning r.sku, r.location, r.reserved
), written as (
  insert into reservation_ledger (order_id, line_id, sku, location, quantity, kind, shipment_id, at)
  select order_id, line_id, sku, location, quantity, kind, shipment_id, $11::timestamptz from entry
)
select sku, location, reserved from moved`;

export const ledgerStatements: LedgerStatements = { lock, book };

/** Locks what is held of these SKUs and says what each location has. */
export async function lockStock(tx: Tx, skus: readonly string[], statements = ledgerStatements): Promise<Stock[]> {
  const [, , stock] = await together([
    tx.query({ name: 'erp-balances', text: ensure, values: [skus] }),
    tx.query(named('erp-lock', statements, 'lock', [skus])),
    tx.query<Stock>({ name: 'erp-stock', text: read, values: [skus] }),
  ]);
  return stock.rows;
}

/** Locks what is held at these places; makes the row of a place that is new. */
export async function lockPlaces(tx: Tx, places: readonly Place[]): Promise<void> {
  const values = [places.map(({ sku }) => sku), places.map(({ location }) => location)];
  const given = 'select distinct sku, location from unnest($1::text[], $2::text[]) p(sku, location)';
  const make = tx.query({
    name: 'erp-places',
    text: `insert into reserved_stock (sku, location) select sku, location from (${given}) p where not exists (select from reserved_stock r where r.sku = p.sku and r.location = p.location) order by 1, 2 on conflict do nothing`,
    values,
  });
  await together([make, tx.query({ name: 'erp-lock-places', text: `select from reserved_stock r join (${given}) p using (sku, location) order by sku, location for update of r`, values })]);
}

/** Writes the entries and moves the sums, which have to be locked; throws when one of them would grow beyond its limit. */
export async function bookEntries(tx: Tx, entries: readonly Entry[], limits: readonly Limit[], now: Date, statements = ledgerStatements): Promise<Balance[]> {
  if (entries.length === 0) return [];
  const { rows } = await tx.query<Balance>(
    named('erp-book', statements, 'book', [
      entries.map(({ orderId }) => orderId),
      entries.map(({ lineId }) => lineId),
      entries.map(({ sku }) => sku),
      entries.map(({ location }) => location),
      entries.map(({ quantity }) => quantity),
      entries.map(({ kind }) => kind),
      entries.map(({ shipmentId }) => shipmentId ?? null),
      limits.map(({ sku }) => sku),
      limits.map(({ location }) => location),
      limits.map(({ most }) => most),
      now,
    ]),
  );
  const places = new Set(entries.map(({ sku, location }) => `${sku}@${location}`));
  if (rows.length !== places.size) {
    const refused = [...places].filter((place) => !rows.some(({ sku, location }) => `${sku}@${location}` === place));
    throw new StewardError('RESERVATION_GUARDED', refused.slice(0, 5).join(', '));
  }
  return rows;
}

/** Everything that these orders hold now. */
export async function holdingsOf(tx: Tx, orderIds: readonly string[]): Promise<Holding[]> {
  const { rows } = await tx.query<Holding>({
    name: 'erp-holdings',
    text: `select h.order_id as "orderId", h.line_id as "lineId", h.sku, h.location, h.held::bigint, coalesce(s.leaving, 0)::bigint as leaving
      from (select order_id, line_id, sku, location, sum(quantity) as held from reservation_ledger
        where order_id = any($1::text[]) group by order_id, line_id, sku, location having sum(quantity) > 0) h
      left join (select order_id, line_id, held_at as location, sum(quantity) as leaving from leaving
        where order_id = any($1::text[]) and settled_at is null group by order_id, line_id, held_at) s using (order_id, line_id, location)
      order by h.order_id, h.line_id, h.location`,
    values: [orderIds],
  });
  return rows;
}

/** A name is that of a prepared statement: a test's variant must not be taken for the real one. */
function named(name: string, statements: LedgerStatements, which: keyof LedgerStatements, values: unknown[]): { name?: string; text: string; values: unknown[] } {
  const text = statements[which];
  return text === ledgerStatements[which] ? { name, text, values } : { text, values };
}
