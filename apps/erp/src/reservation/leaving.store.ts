/** What the ledger holds although it has left the warehouse, or may have: until a stock level has been read since (S3). */
import type { Shipment } from '@steward/contracts';
import type { Place, Tx } from './ledger.store';

/** A read of the system of record: its number and the moment before it was taken. */
export interface Read {
  readonly no: number;
  readonly at: Date;
}

export interface Leaving extends Place {
  /** `release`: nobody knows of a shipment, but the ERP may have sent it before it agreed to send nothing. */
  readonly kind: 'ship' | 'release';
  /** Where it is held, which need not be the location that it left. */
  readonly heldAt: string;
  /** Empty where there is none. */
  readonly shipmentId: string;
  readonly orderId: string;
  readonly lineId: string;
  readonly quantity: number;
}

const fields = `kind, shipment_id as "shipmentId", order_id as "orderId", line_id as "lineId", sku, held_at as "heldAt", location, quantity`;

/** What is announced of these shipments beyond the revision that was taken into account; it counts as taken into account from now on. */
export async function shipmentNews(tx: Tx, ids: readonly string[]): Promise<Shipment[]> {
  const { rows } = await tx.query<{ data: Shipment | null }>({
    name: 'erp-shipment-news',
    text: `with news as (
        select a.key, a.revision, a.data from announced a left join shipment_seen s on s.shipment_id = a.key
        where a.entity = 'shipment' and a.key = any($1::text[]) and a.revision > coalesce(s.revision, 0)
      ), noted as (
        insert into shipment_seen (shipment_id, revision) select key, revision from news on conflict (shipment_id) do update set revision = excluded.revision
      )
      select data from news order by key`,
    values: [ids],
  });
  return rows.flatMap(({ data }) => (data === null ? [] : [data]));
}

export async function countedAmong(tx: Tx, ids: readonly string[]): Promise<Set<string>> {
  const { rows } = await tx.query<{ id: string }>({ name: 'erp-shipped', text: 'select distinct shipment_id as id from leaving where shipment_id = any($1::text[])', values: [ids] });
  return new Set(rows.map(({ id }) => id));
}

/** The read number is taken here, after the ERP has spoken: a stock level whose number is higher was asked for later. */
export async function noteLeaving(tx: Tx, leaving: readonly Leaving[], now: Date): Promise<void> {
  await tx.query({
    name: 'erp-leave',
    text: `insert into leaving (kind, shipment_id, order_id, line_id, sku, held_at, location, quantity, read_no, seen_at)
      select u.*, n.no, $9::timestamptz from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[]) u, (select nextval('read_no') as no) n`,
    values: [
      leaving.map(({ kind }) => kind),
      leaving.map(({ shipmentId }) => shipmentId),
      leaving.map(({ orderId }) => orderId),
      leaving.map(({ lineId }) => lineId),
      leaving.map(({ sku }) => sku),
      leaving.map(({ heldAt }) => heldAt),
      leaving.map(({ location }) => location),
      leaving.map(({ quantity }) => quantity),
      now,
    ],
  });
}

/** Forgets these shipments; `settled` tells whether their goods were taken off already. */
export async function forgetLeaving(tx: Tx, ids: readonly string[]): Promise<(Leaving & { readonly settled: boolean })[]> {
  const { rows } = await tx.query<Leaving & { settled: boolean }>({
    name: 'erp-came-back',
    text: `delete from leaving where kind = 'ship' and shipment_id = any($1::text[]) returning ${fields}, settled_at is not null as settled`,
    values: [ids],
  });
  return rows;
}

const due = `settled_at is null and sku || '@' || location = any($1::text[]) and read_no < $2 and seen_at <= $3`;

/** A read of stock levels. */
interface Reading {
  readonly keys: readonly string[];
  readonly readNo: number;
  /** Earlier than the read by as much as the source's reads may lag. */
  readonly seenBy: Date;
}

/** Orders with goods that left before this read began. */
export async function ordersDue(tx: Tx, { keys, readNo, seenBy }: Reading): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>({ name: 'erp-shipped-due', text: `select distinct order_id as id from leaving where ${due}`, values: [keys, readNo, seenBy] });
  return rows.map(({ id }) => id);
}

/** The same goods, of orders whose rows are locked: each is handed out once. */
export async function settleLeaving(tx: Tx, { keys, readNo, seenBy }: Reading, orderIds: readonly string[], now: Date): Promise<Leaving[]> {
  const { rows } = await tx.query<Leaving>({
    name: 'erp-shipped-settle',
    text: `update leaving set settled_at = $4::timestamptz where ${due} and order_id = any($5::text[]) returning ${fields}`,
    values: [keys, readNo, seenBy, now, orderIds],
  });
  return rows;
}

/** Stock levels that should have been read by now for what has left, and that nobody has asked for. */
export async function unsettledKeys(tx: Tx, seenBy: Date, limit: number): Promise<string[]> {
  const { rows } = await tx.query<{ key: string }>({
    name: 'erp-unsettled',
    text: `select key from (select distinct sku || '@' || location as key from leaving where settled_at is null and seen_at <= $1) l
      where not exists (select from hint h where h.entity = 'stock-level' and l.key = any(h.keys)) limit $2`,
    values: [seenBy, limit],
  });
  return rows.map(({ key }) => key);
}
