/**
 * What shoppers browse, as a model that can be made anew beside the live one (ADR 0029): the states that documents and lists are composed of.
 * Orders and customers are not among them. Their stored parts are all there is of them, and what follows from a change of them (webhooks,
 * forgetting a person) happens once, where it is live.
 */
import { category, type Contract, price, product, promotion, reservedStock, stockLevel } from '@steward/contracts';
import type { DerivedModel } from '@steward/event-bus';
import type { Database } from '@steward/platform';
import type { PoolClient } from 'pg';
import { listDue, lockListing } from '../listing/listing.store';
import { rebuildDirty } from '../product/dirty-documents';
import { DOCUMENT_CHANNEL } from '../product/document.store';

/** Products last: their documents are then composed once, of stock and prices that are there. */
export const catalogueSources = ([category, promotion, stockLevel, reservedStock, price, product] as Contract[]).flatMap(({ entity, consumers }) =>
  consumers.flatMap(({ service, from }) => (service === 'gateway' ? from.map((system) => ({ entity, system })) : [])));

/** Rows that are what their key and these columns say. Documents are not: their revisions go on (swapDocuments). */
const plainTables = [
  { table: 'document_sku', key: ['sku', 'product_id'], rest: [] },
  { table: 'price_sku', key: ['price_id'], rest: ['sku'] },
  { table: 'price_span', key: ['product_id', 'market', 'currency', 'customer_group', 'valid_from'], rest: ['valid_to', 'amount'] },
  { table: 'listing', key: ['product_id'], rest: ['digest', 'category_ids', 'attributes', 'names', 'words'] },
] as const;

const BATCH = 500;

export const catalogueModel: DerivedModel = {
  // Projections wait for the stored parts already. The worker of dirty documents takes this lock first; none of them writes stored parts.
  lock: async (tx) => void (await tx.query('lock table document_gate in exclusive mode')),
  finish: async (second) => {
    while ((await rebuildDirty(second)) > 0);
    await listAll(second);
  },
  swap: async (tx, second) => {
    // Its worker reads documents without a lock and writes the list a moment later: that must not be the list of an old one.
    await lockListing(tx);
    await swapDocuments(tx, second);
    for (const each of plainTables) await swapTable(tx, second, each);
    // No change has this number, so all of memory is outdated (cache-upkeep.ts): whatever was wrong with it, it is read again.
    await tx.query(`select pg_notify('${DOCUMENT_CHANNEL}', '{"change":0,"categories":true,"promotions":true}')`);
  },
};

async function listAll(second: Database): Promise<void> {
  for (;;) {
    await listDue(second, BATCH);
    const [row] = await second.query<{ due: boolean }>('select exists (select from listing_due) as due');
    if (row?.due !== true) return;
  }
}

/**
 * A document that is another one gets the next revision, so that memories take it for newer; one whose product is gone becomes a tombstone,
 * so that its revisions are never given twice (C12).
 */
async function swapDocuments(tx: PoolClient, second: string): Promise<void> {
  const columns = ['visibility', 'skus', 'content', 'content_revision', 'content_changed_at', 'availability', 'state', 'prices'];
  await tx.query(`
    insert into document as d (product_id, revision, ${columns.join(', ')})
    select s.product_id, 1, ${columns.map((name) => `s.${name}`).join(', ')} from ${second}.document s left join public.document l on l.product_id = s.product_id
    where l.product_id is null or ${isOther(columns)} order by s.product_id
    on conflict (product_id) do update set revision = d.revision + 1, ${columns.map((name) => `${name} = excluded.${name}`).join(', ')}, composed_at = now()`);
  await tx.query(`
    update document d set revision = d.revision + 1, visibility = 'hidden', skus = '{}', content = null, availability = '[]', state = 'UNKNOWN', prices = '[]', composed_at = now()
    where d.content is not null and not exists (select from ${second}.document s where s.product_id = d.product_id)`);
}

async function swapTable(tx: PoolClient, second: string, { table, key, rest }: { readonly table: string; readonly key: readonly string[]; readonly rest: readonly string[] }): Promise<void> {
  const same = key.map((name) => `s.${name} = l.${name}`).join(' and ');
  await tx.query(`delete from ${table} l where not exists (select from ${second}.${table} s where ${same})`);
  const names = [...key, ...rest];
  await tx.query(`
    insert into ${table} (${names.join(', ')})
    select ${names.map((name) => `s.${name}`).join(', ')} from ${second}.${table} s left join public.${table} l on ${same}
    where l.${key[0] ?? ''} is null ${rest.length === 0 ? '' : `or ${isOther(rest)}`}
    on conflict (${key.join(', ')}) do ${rest.length === 0 ? 'nothing' : `update set ${rest.map((name) => `${name} = excluded.${name}`).join(', ')}`}`);
}

/** As text: json has no equality, and what it says is what is shown. */
const isOther = (names: readonly string[]): string => `(${names.map((name) => `l.${name}::text`).join(', ')}) is distinct from (${names.map((name) => `s.${name}::text`).join(', ')})`;
