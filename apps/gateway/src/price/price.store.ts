/**
 * Entries of price lists by SKU. Invariants:
 *   1. `price_sku` holds exactly the entries whose stored part is no tombstone; both are written in the gate's transaction.
 *   2. The gate holds the stored part of each moved entry, so its row here can't move meanwhile.
 */
import type { PoolClient } from 'pg';
import type { Price } from '@steward/contracts';

export interface MovedPrice {
  id: string;
  /** null for a tombstone. */
  sku: string | null;
}

/** Returns every SKU whose entries moved, those included that an entry has left: what was composed from them is old now. */
export async function movePrices(tx: PoolClient, moved: readonly MovedPrice[]): Promise<string[]> {
  if (moved.length === 0) return [];
  const { rows } = await tx.query<{ sku: string }>({
    name: 'price-move',
    text: `
      with moved as (
        select price_id, sku from unnest($1::text[], $2::text[]) as u (price_id, sku)
      ), before as (
        select p.sku from moved cross join lateral (select k.sku from price_sku k where k.price_id = moved.price_id offset 0) p
      ), gone as (
        delete from price_sku p using moved m where p.price_id = m.price_id and m.sku is null
      ), kept as (
        insert into price_sku as p (price_id, sku) select price_id, sku from moved where sku is not null
        on conflict (price_id) do update set sku = excluded.sku where p.sku <> excluded.sku
      )
      select sku from before union select sku from moved where sku is not null`,
    values: [moved.map(({ id }) => id), moved.map(({ sku }) => sku)],
  });
  return rows.map(({ sku }) => sku);
}

export interface StoredPrice {
  data: Price;
  revision: number;
  /** Epoch ms. */
  changedAt: number;
}

/** What a document holds of one of its SKUs. */
export interface SkuPrices {
  sku: string;
  entries: readonly StoredPrice[];
}

export function pricesOf(skus: readonly string[], found: ReadonlyMap<string, readonly StoredPrice[]>): SkuPrices[] {
  return skus.map((sku) => ({ sku, entries: found.get(sku) ?? [] }));
}

/** All entries of each SKU, in the order of their ids. The lateral keeps the planner on the index, see document.store. */
export async function readPrices(tx: Pick<PoolClient, 'query'>, skus: readonly string[]): Promise<Map<string, StoredPrice[]>> {
  const { rows } = await tx.query<[string, Price, number, number]>({
    name: 'price-read',
    rowMode: 'array',
    text: `
      select wanted.sku, part.data, part.revision, part.changed_at
      from unnest($1::text[]) as wanted (sku)
      cross join lateral (
        select k.price_id, p.data, p.revision::float8 as revision, (extract(epoch from p.changed_at) * 1000)::float8 as changed_at
        from price_sku k join stored_part p on p.entity = 'price' and p.key = k.price_id
        where k.sku = wanted.sku and p.data is not null
        offset 0
      ) part
      order by wanted.sku, part.price_id`,
    values: [[...new Set(skus)]],
  });
  const found = new Map<string, StoredPrice[]>();
  for (const [sku, data, revision, changedAt] of rows) {
    const entry = { data, revision, changedAt: Math.round(changedAt) };
    const known = found.get(sku);
    if (known) known.push(entry);
    else found.set(sku, [entry]);
  }
  return found;
}
