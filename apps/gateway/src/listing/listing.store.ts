/**
 * What lists find products by, apart from the documents: a change of stock then touches no index of it. Only products on sale have a
 * row. Invariants:
 *   1. A change of a product's content leaves a mark in its own transaction; the mark goes in the transaction that lists the product.
 *   2. One worker of all replicas lists at a time: a mark that comes while it reads is there for the next turn, which sees the newer content
 *      (C11). No document is locked: words and their index take seconds on a busy machine, and whoever waits for such a row holds document_gate.
 */
import { createHash } from 'node:crypto';
import type { PoolClient } from 'pg';
import type { Product } from '@steward/contracts';
import type { Database } from '@steward/platform';

interface ListedProduct {
  productId: string;
  /** null when it is not on sale. */
  content: Product | null;
}

/** What a list needs to know of a product's content. */
interface Entry {
  categoryIds: readonly string[];
  /** `name=value` of each attribute of the product and of its variants. */
  attributes: readonly string[];
  names: Readonly<Record<string, string>>;
  /** What has no language: ids, brand, values. */
  words: string;
  /** Ends of long words in languages that write compounds as one: who looks for a Zelt wants the Tunnelzelt. */
  wordEnds: string;
}

const compounding = new Set(['da', 'de', 'fi', 'hu', 'is', 'nb', 'nl', 'nn', 'no', 'sv']);
const SHORTEST_COMPOUND = 7;
const SHORTEST_PART = 3;

/** Of each schema its own: a model that is made beside the live one is listed by itself. */
const listingLock = `hashtextextended('gateway listing' || replace(current_schema(), 'public', ''), 0)`;

/** Waits for the worker and keeps it out until the end of the transaction. */
export async function lockListing(tx: PoolClient): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(${listingLock})`);
}

/** Lists so many of the products that have marks, oldest first; returns how many marks it took, none while another replica is at it. */
export async function listDue(database: Database, most: number): Promise<number> {
  // It is asked several times a second, and mostly there are none: a transaction for that is four statements more.
  const [marked] = await database.query<{ any: boolean }>({ name: 'listing-any-due', text: 'select exists (select from listing_due) as any' });
  if (marked?.any !== true) return 0;
  return database.transaction(async (tx) => {
    const lock = await tx.query<{ mine: boolean }>(`select pg_try_advisory_xact_lock(${listingLock}) as mine`);
    if (lock.rows[0]?.mine !== true) return 0;
    const marks = await tx.query<{ product_id: string }>('delete from listing_due where id in (select id from listing_due order by id limit $1) returning product_id', [most]);
    // A statement of its own: it sees whatever was committed with a mark that was taken.
    const { rows } = await tx.query<ListedProduct>(
      `select product_id as "productId", case when visibility = 'listed' then content end as content
       from document where product_id = any($1::text[])`,
      [[...new Set(marks.rows.map((row) => row.product_id))]],
    );
    await writeListings(tx, rows);
    return marks.rows.length;
  });
}

/** Most changes of a product change nothing here: the digests are compared first, because words and their index cost most of a write. */
async function writeListings(tx: PoolClient, products: readonly ListedProduct[]): Promise<void> {
  const listed = products.flatMap(({ productId, content }) => {
    if (content === null) return [];
    const entry = entryOf(content);
    return [{ productId, entry, digest: createHash('md5').update(JSON.stringify(entry)).digest('hex') }];
  });
  const gone = products.filter(({ content }) => content === null).map(({ productId }) => productId);
  if (gone.length > 0) await tx.query({ name: 'listing-remove', text: 'delete from listing where product_id = any($1::text[])', values: [gone] });
  if (listed.length === 0) return;
  const { rows } = await tx.query<{ product_id: string }>({
    name: 'listing-moved',
    text: `select u.product_id from unnest($1::text[], $2::text[]) as u (product_id, digest)
      left join lateral (select k.digest from listing k where k.product_id = u.product_id offset 0) l on true where l.digest is distinct from u.digest`,
    values: [listed.map(({ productId }) => productId), listed.map(({ digest }) => digest)],
  });
  if (rows.length === 0) return;
  const moved = new Set(rows.map((row) => row.product_id));
  const changed = listed.filter(({ productId }) => moved.has(productId));
  await tx.query({
    name: 'listing-write',
    text: `
      insert into listing as l (product_id, digest, category_ids, attributes, names, words)
      select product_id, digest, array(select json_array_elements_text(category_ids)), array(select json_array_elements_text(attributes)),
        names, listing_words(names, words) || setweight(to_tsvector('simple', word_ends), 'D')
      from unnest($1::text[], $2::text[], $3::json[], $4::json[], $5::jsonb[], $6::text[], $7::text[])
        as u (product_id, digest, category_ids, attributes, names, words, word_ends)
      on conflict (product_id) do update set digest = excluded.digest, category_ids = excluded.category_ids,
        attributes = excluded.attributes, names = excluded.names, words = excluded.words`,
    values: [
      changed.map(({ productId }) => productId),
      changed.map(({ digest }) => digest),
      changed.map(({ entry }) => JSON.stringify(entry.categoryIds)),
      changed.map(({ entry }) => JSON.stringify(entry.attributes)),
      changed.map(({ entry }) => JSON.stringify(entry.names)),
      changed.map(({ entry }) => entry.words),
      changed.map(({ entry }) => entry.wordEnds),
    ],
  });
}

function entryOf({ id, brand, categoryIds, texts, attributes, variants }: Product): Entry {
  const pairs = [attributes, ...variants.map((variant) => variant.attributes)].flatMap((each) => Object.entries(each).flatMap(([name, value]) => valuesOf(value).map((text) => ({ name, text }))));
  const gtins = variants.flatMap(({ gtin }) => gtin ?? []);
  return {
    categoryIds,
    attributes: [...new Set(pairs.map(({ name, text }) => attributeToken(name, text)))],
    names: Object.fromEntries(Object.entries(texts).map(([language, { name }]) => [language, name])),
    wordEnds: [...new Set(Object.entries(texts).flatMap(([language, { name }]) => (compounding.has(language.split('-')[0] ?? '') ? wordEndsOf(name) : [])))].join(' '),
    words: [...new Set([id, brand ?? '', ...variants.map(({ sku }) => sku), ...gtins, ...pairs.map(({ text }) => text)])].join(' '),
  };
}

function wordEndsOf(name: string): string[] {
  const long = name.match(/\p{L}+/gu)?.filter((word) => word.length >= SHORTEST_COMPOUND) ?? [];
  return long.flatMap((word) => Array.from({ length: word.length - 2 * SHORTEST_PART + 1 }, (_, index) => word.slice(SHORTEST_PART + index)));
}

/** As it is stored and as it is asked for. */
export function attributeToken(name: string, value: string): string {
  return `${name}=${value}`;
}

function valuesOf(value: string | number | boolean | readonly string[]): string[] {
  return typeof value === 'object' ? [...value] : [String(value)];
}
