/**
 * Digests that are kept as states change (ADR 0020).
 * 1. The statement that writes states appends one row that says what it changed in the leaves: inserted and never waited for. Adding it up
 *    is somebody else's work, later. Rejected: a trigger, and updating the leaves with the states (21 % of the write rate, and two
 *    statements that share leaves, not keys, lock each other out).
 * 2. A row and its change of the leaves become visible together. Whatever reads leaves and changes in one statement sees the sum that
 *    belongs to the rows of that moment.
 * 3. Folding and scrubbing exclude each other by a lock; neither ever waits for a writer, nor a writer for them.
 * 4. Leaves are sums of what is stored as `hash`. Of rows whose content has another one the scrub keeps a note, which holds as long as the
 *    row is what it was: so an edit by hand is in the digest, and a later change of the row needs to know nothing of it.
 */
import type { Database } from '@steward/platform';
import type { PoolClient } from 'pg';
import { contentHash, leafOf, type StateTable, weightOf } from './tree';

/** To be returned by the statement that writes states, for `keepDigest`. */
export const digestMoves = 'key, revision, hash, data is null as gone, old.revision as was_revision, old.hash as was_hash, old.data is not null as was_there';

/** A CTE beside the one that returns `digestMoves`; `$1` is the entity. */
export const keepDigest = (held: StateTable, moves: string): string => `
  insert into digest_change (held_in, entity, leaves, counts, sums)
  select '${held}', $1, array_agg(leaf), array_agg(count), array_agg(sum) from (
    select ${leafOf('key')} as leaf, ((not gone)::int - was_there::int)::smallint as count,
      case when gone then 0 else ${weightOf('key', 'revision', 'hash')} end # case when was_there then ${weightOf('key', 'was_revision', 'was_hash')} else 0 end as sum
    from ${moves}) m
  having count(*) > 0`;

type Query = Pick<PoolClient, 'query'>;

const foldLock = `hashtextextended('steward digest', 0)`;

/** Keeps scrubs and folds out until the end of the transaction. */
export async function lockDigests(tx: Query): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(${foldLock})`);
}

/** Adds the appended changes to their leaves; returns the number of rows folded. Skips its turn if another replica is doing so. */
export async function foldDigests(database: Pick<Database, 'transaction'>): Promise<number> {
  return database.transaction(async (tx) => {
    const { rows } = await tx.query<{ mine: boolean }>(`select pg_try_advisory_xact_lock(${foldLock}) as mine`);
    if (rows[0]?.mine !== true) return 0;
    const folded = await tx.query<{ count: number }>({
      name: 'steward_digest_fold',
      text: `with taken as (
          delete from digest_change returning held_in, entity, leaves, counts, sums
        ), moved as (
          select held_in, entity, leaf, sum(count)::int as count, bit_xor(sum) as sum from taken, unnest(leaves, counts, sums) as u(leaf, count, sum) group by 1, 2, 3
        ), added as (
          insert into digest_leaf as l (held_in, entity, leaf, count, sum) select * from moved order by 1, 2, 3
          on conflict (held_in, entity, leaf) do update set count = l.count + excluded.count, sum = l.sum # excluded.sum
        )
        select count(*)::int as count from taken`,
    });
    return folded.rows[0]?.count ?? 0;
  });
}

/** What is kept of an entity: leaves, changes since, and what edits by hand make of them. For a query that adds up; $1 entity. */
export const keptLeaves = (held: StateTable): string => `
  select leaf, count, sum from digest_leaf where held_in = '${held}' and entity = $1
  union all
  select u.leaf, u.count, u.sum from digest_change c, unnest(c.leaves, c.counts, c.sums) as u(leaf, count, sum) where c.held_in = '${held}' and c.entity = $1
  union all
  select ${leafOf('s.key')}, 0, ${weightOf('s.key', 's.revision', 's.hash')} # ${weightOf('s.key', 's.revision', 'e.content')}
  from digest_edit e join ${held} s on s.entity = e.entity and s.key = e.key and s.revision = e.revision and s.hash = e.hash and s.data is not null
  where e.held_in = '${held}' and e.entity = $1`;

export interface Scrubbed {
  readonly keys: number;
  /** Rows whose content is not what was stored. */
  readonly edited: number;
  /** Leaves that were not the sum of their rows: somebody wrote past the gate. */
  readonly mended: number;
}

/** Recomputes all leaves of an entity from its rows. One statement, so that the rows and the changes it replaces are of one moment. */
export async function scrubDigest(tx: Query, held: StateTable, entity: string): Promise<Scrubbed> {
  await lockDigests(tx);
  const { rows } = await tx.query<Scrubbed>(
    `with row_of as (
       select key, revision, hash, ${contentHash('data')} as content from ${held} where entity = $1 and data is not null
     ), leaf_of as materialized (
       select ${leafOf('key')} as leaf, count(*)::int as count, bit_xor(${weightOf('key', 'revision', 'hash')}) as sum,
         array_agg(key) filter (where hash <> content) as keys, array_agg(revision) filter (where hash <> content) as revisions,
         array_agg(hash) filter (where hash <> content) as hashes, array_agg(content) filter (where hash <> content) as contents
       from row_of group by 1
     ), edit_of as (
       select u.* from leaf_of, unnest(keys, revisions, hashes, contents) as u(key, revision, hash, content)
     ), known as (
       select leaf, sum(count)::int as count, bit_xor(sum) as sum from (
         select leaf, count, sum from digest_leaf where held_in = '${held}' and entity = $1
         union all select u.leaf, u.count, u.sum from digest_change c, unnest(c.leaves, c.counts, c.sums) as u(leaf, count, sum) where c.held_in = '${held}' and c.entity = $1
       ) k group by 1
     ), wrong as (
       select count(*) from known k full join leaf_of l using (leaf) where coalesce(k.count, 0) <> coalesce(l.count, 0) or coalesce(k.sum, 0) <> coalesce(l.sum, 0)
     ), replaced as (
       delete from digest_change where held_in = '${held}' and entity = $1
     ), emptied as (
       delete from digest_leaf d where held_in = '${held}' and entity = $1 and not exists (select from leaf_of l where l.leaf = d.leaf)
     ), added as (
       insert into digest_leaf as d (held_in, entity, leaf, count, sum) select '${held}', $1, leaf, count, sum from leaf_of
       on conflict (held_in, entity, leaf) do update set count = excluded.count, sum = excluded.sum where d.count <> excluded.count or d.sum <> excluded.sum
     ), forgotten as (
       delete from digest_edit d where held_in = '${held}' and entity = $1 and not exists (select from edit_of e where e.key = d.key)
     ), noted as (
       insert into digest_edit (held_in, entity, key, revision, hash, content) select '${held}', $1, key, revision, hash, content from edit_of
       on conflict (held_in, entity, key) do update set revision = excluded.revision, hash = excluded.hash, content = excluded.content
     )
     select (select coalesce(sum(count), 0) from leaf_of)::float8 as keys, (select count(*) from edit_of)::float8 as edited, (select count from wrong)::float8 as mended`,
    [entity],
  );
  return rows[0] ?? { keys: 0, edited: 0, mended: 0 };
}
