/**
 * Writing composed documents. Invariants (C11):
 *   1. A transaction takes its locks in one order: stored parts (the gate), document_gate, dirty rows, document rows by key.
 *   2. A transaction that changes a product's SKUs holds document_gate SHARE before it reads stock and prices; one that changes these
 *      holds it ROW EXCLUSIVE before it looks up which products hold the SKU. So neither can miss the other's uncommitted row.
 *   3. The document's revision grows by one with each write and is never given twice: rows stay as tombstones (C12).
 *   4. One document_change row and one NOTIFY per statement: a pending NOTIFY takes a database-wide lock at commit.
 */
import { together } from '@steward/platform';
import type { PoolClient } from 'pg';
import type { ReservedStock, StockLevel } from '@steward/contracts';
import { pricesOf, readPrices, type SkuPrices } from '../price/price.store';
import { writeSpans } from '../price/price-spans';
import { availabilityOf, summaryOf, type AvailabilityState, type Level, type SkuAvailability } from './availability';
import type { Visibility } from './document';

export const DOCUMENT_CHANNEL = 'document';

/** NOTIFY takes at most 7,999 bytes; a bigger batch names its document_change row instead. */
const NOTIFY_INLINE_BYTES = 7_000;

/** The end of a WITH list whose `written` names the documents that it wrote; who selects from `told` tells of them. */
const announce = `
  , change as (
    insert into document_change (product_ids, revisions)
    select array_agg(product_id), array_agg(revision) from written having count(*) > 0
    returning id, product_ids, revisions
  ), payload as (
    select id, json_build_object('change', id, 'keys', product_ids, 'revisions', revisions)::text as full_text from change
  ), told as (
    select pg_notify('${DOCUMENT_CHANNEL}', case when octet_length(full_text) <= ${String(NOTIFY_INLINE_BYTES)}
      then full_text else json_build_object('change', id)::text end) from payload
  )`;

export interface ContentRow {
  productId: string;
  visibility: Visibility;
  skus: readonly string[];
  /** JSON text as it arrived; null for a tombstone. */
  content: string | null;
  revision: number;
  changedAt: string;
  /** null keeps the stored availability: the product's SKUs did not change. */
  availability: readonly SkuAvailability[] | null;
  /** Likewise. */
  prices: readonly SkuPrices[] | null;
}

/** Of all SKUs together, as the document's column holds it. */
const stateOf = (availability: readonly (SkuAvailability | undefined)[]): AvailabilityState => summaryOf(availability.filter((sku) => sku !== undefined)).state;

/**
 * Writes the documents. With `unlessMoved` it writes none of them if some are new or have other SKUs than stored, and returns these, each with
 * what is stored. Usually there are none, so the comparing is PostgreSQL's and a batch is one statement. It needs no lock: the gate holds
 * the stored part of every product whose SKUs may change. All or nothing, because documents are locked in one order (1).
 *
 * The lateral is as in readAvailability. Sorted inside the statement: JavaScript sorts by UTF-16 units, the index by bytes, and the lock order must be one.
 */
export async function writeContents(tx: PoolClient, rows: readonly ContentRow[], { unlessMoved }: { readonly unlessMoved: boolean }): Promise<Map<string, string[]>> {
  const { rows: answers } = await tx.query<{ moved: string | null; skus: string[] | null }>({
    name: 'document-write-contents',
    text: `
      with moved as (
        select u.product_id, d.skus from unnest($1::text[], $3::text[]) as u (product_id, skus)
        left join lateral (select k.skus from document k where k.product_id = u.product_id offset 0) d on true
        where $10::boolean and d.skus is distinct from u.skus::text[]
      ), written as (
        insert into document as d
          (product_id, revision, visibility, skus, content, content_revision, content_changed_at, availability, state, prices)
        select product_id, 1, visibility, skus::text[], content::json, content_revision, content_changed_at, availability::json, state, prices::json
        from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::timestamptz[], $7::text[], $8::text[], $9::text[])
          as u (product_id, visibility, skus, content, content_revision, content_changed_at, availability, state, prices)
        where not exists (select from moved)
        order by product_id collate "C"
        on conflict (product_id) do update set
          revision = d.revision + 1, visibility = excluded.visibility, skus = excluded.skus, content = excluded.content,
          content_revision = excluded.content_revision, content_changed_at = excluded.content_changed_at,
          availability = coalesce(excluded.availability, d.availability), state = coalesce(excluded.state, d.state),
          prices = coalesce(excluded.prices, d.prices), composed_at = now()
        returning product_id, revision
      ), due as (
        insert into listing_due (product_id) select product_id from written
      ) ${announce}
      select product_id as moved, skus from moved union all select null, null from told`,
    values: [
      rows.map((row) => row.productId),
      rows.map((row) => row.visibility),
      rows.map((row) => arrayLiteral(row.skus)),
      rows.map((row) => row.content),
      rows.map((row) => row.revision),
      rows.map((row) => row.changedAt),
      rows.map((row) => (row.availability === null ? null : JSON.stringify(row.availability))),
      rows.map((row) => (row.availability === null ? null : stateOf(row.availability))),
      rows.map((row) => (row.prices === null ? null : JSON.stringify(row.prices))),
      unlessMoved,
    ],
  });
  await writeSpans(tx, rows.flatMap(({ productId, prices }) => (prices === null ? [] : [{ productId, prices }])));
  return new Map(answers.flatMap(({ moved, skus }) => (moved === null ? [] : [[moved, skus ?? []] as const])));
}

/** A one-dimensional text[] as PostgreSQL writes it: unnest of ragged arrays is not possible, of literals it is. */
function arrayLiteral(items: readonly string[]): string {
  return `{${items.map((item) => `"${item.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}

/** Locks out changes of stock and prices until commit: from here on, what is read of them stays true. */
export async function lockForMovedSkus(tx: PoolClient): Promise<void> {
  await tx.query('lock table document_gate in share mode');
}

/** For changes of stock and of prices: they don't exclude each other. */
export async function lockForParts(tx: PoolClient): Promise<void> {
  await tx.query('lock table document_gate in row exclusive mode');
}

export interface SkuPair {
  sku: string;
  productId: string;
}

export async function writeSkuPairs(tx: PoolClient, added: readonly SkuPair[], removed: readonly SkuPair[]): Promise<void> {
  const columns = (pairs: readonly SkuPair[]) => [pairs.map((pair) => pair.sku), pairs.map((pair) => pair.productId)];
  if (removed.length > 0)
    await tx.query(
      `delete from document_sku k using unnest($1::text[], $2::text[]) as u (sku, product_id)
       where k.sku = u.sku and k.product_id = u.product_id`,
      columns(removed),
    );
  if (added.length > 0)
    await tx.query(
      `insert into document_sku (sku, product_id) select * from unnest($1::text[], $2::text[]) on conflict do nothing`,
      columns(added),
    );
}

/**
 * Availability of each SKU from its stored levels and what is held of them (S3). The lateral with `offset 0` keeps the planner on the index even before the
 * first ANALYZE: guessed half a percent of a million levels per SKU, it would scan the table for each batch.
 */
export async function readAvailability(tx: PoolClient, skus: readonly string[]): Promise<Map<string, SkuAvailability>> {
  const { rows } = await tx.query<[string, StockLevel, number, ReservedStock | null]>({
    name: 'document-read-levels',
    rowMode: 'array',
    text: `
      select wanted.sku, part.data, (extract(epoch from part.changed_at) * 1000)::float8, held.data
      from unnest($1::text[]) as wanted (sku)
      cross join lateral (
        select p.key, p.data, p.changed_at from stored_part p
        where p.entity = 'stock-level' and stock_sku(p.key) = wanted.sku and p.data is not null
        offset 0
      ) part
      left join stored_part held on held.entity = 'reserved-stock' and held.key = part.key`,
    values: [[...new Set(skus)]],
  });
  const levels = new Map<string, Level[]>();
  for (const [sku, data, changedAt, held] of rows) {
    const level = { data, reserved: held?.reserved ?? 0, changedAt: Math.round(changedAt) };
    const known = levels.get(sku);
    if (known) known.push(level);
    else levels.set(sku, [level]);
  }
  return new Map(skus.map((sku) => [sku, availabilityOf(sku, levels.get(sku) ?? [])]));
}

/** Products that hold one of the SKUs, each SKU with how many hold it. */
export async function findHolders(tx: PoolClient, skus: readonly string[]): Promise<SkuPair[]> {
  const { rows } = await tx.query<{ sku: string; product_id: string }>({
    name: 'document-find-holders',
    text: 'select sku, product_id from document_sku where sku = any($1::text[])',
    values: [skus],
  });
  return rows.map((row) => ({ sku: row.sku, productId: row.product_id }));
}

export async function markDirty(tx: PoolClient, productIds: readonly string[]): Promise<void> {
  if (productIds.length === 0) return;
  await tx.query(
    `insert into dirty_document (product_id) select id from unnest($1::text[]) as u (id) order by id collate "C"
     on conflict (product_id) do update set marked_at = now()`,
    [productIds],
  );
}

/** What of a document is made from the parts of its SKUs. */
export type DocumentPart = 'availability' | 'prices';

/**
 * Rebuilds these parts of documents from the stored parts, under the documents' row locks taken in key order (C11). A document holds all
 * entries of its SKUs' price lists and not the price of the moment: that is selected when it is shown, so time can't make it wrong.
 */
export async function rebuildDocuments(tx: PoolClient, productIds: readonly string[], parts: readonly DocumentPart[]): Promise<void> {
  if (productIds.length === 0) return;
  const { rows } = await tx.query<{ product_id: string; skus: string[] }>({
    name: 'document-lock',
    text: 'select product_id, skus from document where product_id = any($1::text[]) order by product_id for update',
    values: [productIds],
  });
  // Statements of their own, after the locks: their snapshots see what the previous holder of a lock committed.
  const skus = rows.flatMap((row) => row.skus);
  const [availability, prices] = await together([parts.includes('availability') ? readAvailability(tx, skus) : undefined, parts.includes('prices') ? readPrices(tx, skus) : undefined]);
  await tx.query({
    name: 'document-write-parts',
    text: `
      with written as (
        update document d set revision = d.revision + 1, composed_at = now(),
          availability = coalesce(u.availability::json, d.availability), state = coalesce(u.state, d.state), prices = coalesce(u.prices::json, d.prices)
        from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as u (product_id, availability, state, prices)
        where d.product_id = u.product_id
        returning d.product_id, d.revision
      ) ${announce}
      select from told`,
    values: [
      rows.map((row) => row.product_id),
      rows.map((row) => (availability === undefined ? null : JSON.stringify(row.skus.map((sku) => availability.get(sku))))),
      rows.map((row) => (availability === undefined ? null : stateOf(row.skus.map((sku) => availability.get(sku))))),
      rows.map((row) => (prices === undefined ? null : JSON.stringify(pricesOf(row.skus, prices)))),
    ],
  });
  if (prices !== undefined) await writeSpans(tx, rows.map((row) => ({ productId: row.product_id, prices: pricesOf(row.skus, prices) })));
}
