/**
 * Claimed and applied progress of the feeds (O8). Invariants:
 *   1. A claim is applied only when the projection has worked off the stream to the claimed (epoch, sequence).
 *   2. Applied progress never decreases.
 *   3. The keys that a claim excepts are excepted with it, never before and never after. One in parts is none until all are there.
 *   4. Applying is announced by NOTIFY on the documents' channel: commit order puts it behind the changes it vouches for. Excepted
 *      keys don't fit into a NOTIFY (8000 bytes): it carries their digest, and whoever doesn't know it reads the table.
 */
import type { PoolClient } from 'pg';
import type { FeedProgress } from '@steward/contracts';
import { DOCUMENT_CHANNEL } from '../product/document.store';

export interface Floor {
  system: string;
  entity: string;
  stream: string;
  epoch: string;
  sequence: number;
}

export interface AppliedProgress {
  system: string;
  entity: string;
  appliedUpTo: number;
  /** Digest of the keys that it doesn't speak for; null or absent when it speaks for all. */
  exceptions?: string | null;
}

/** SQL of that digest. */
export const exceptionsDigest = `case when except_keys = '{}' then null else md5(to_json(except_keys)::text) end`;

export async function recordClaim(tx: PoolClient, claim: FeedProgress): Promise<void> {
  await tx.query(
    `insert into feed_progress_claim (system, entity, complete_up_to, stream, epoch, sequence, except_keys, part, parts)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (system, entity, complete_up_to, part) do update
     set stream = excluded.stream, epoch = excluded.epoch, sequence = excluded.sequence, except_keys = excluded.except_keys, parts = excluded.parts`,
    [claim.system, claim.entity, claim.completeUpTo, claim.stream, claim.epoch, claim.part?.sequence ?? claim.sequence, claim.exceptKeys ?? [], claim.part?.number ?? 1, claim.part?.of ?? 1],
  );
}

/** Applies each feed's furthest claim that the floors cover and forgets the claims behind it. */
export async function applyClaims(tx: PoolClient, floors: readonly Floor[]): Promise<AppliedProgress[]> {
  if (floors.length === 0) return [];
  const { rows } = await tx.query<{ system: string; entity: string; applied: number; exceptions: string | null }>({
    name: 'feed-progress-apply',
    text: `
      with floor as (
        select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[]) as f (system, entity, stream, epoch, sequence)
      ), covered as (
        select distinct on (c.system, c.entity) c.system, c.entity, c.complete_up_to as up_to,
          (select coalesce(array_agg(k.key), '{}') from feed_progress_claim p, unnest(p.except_keys) as k(key)
            where p.system = c.system and p.entity = c.entity and p.complete_up_to = c.complete_up_to) as except_keys
        from feed_progress_claim c join floor f using (system, entity, stream, epoch)
        where c.sequence <= f.sequence
        group by c.system, c.entity, c.complete_up_to having count(*) = max(c.parts)
        order by c.system, c.entity, c.complete_up_to desc
      ), forgotten as (
        delete from feed_progress_claim c using covered v
        where c.system = v.system and c.entity = v.entity and c.complete_up_to <= v.up_to
      ), applied as (
        insert into feed_progress as p (system, entity, applied_up_to, except_keys)
        select system, entity, up_to, except_keys from covered order by system, entity
        on conflict (system, entity) do update set applied_up_to = excluded.applied_up_to, except_keys = excluded.except_keys
          where p.applied_up_to < excluded.applied_up_to
        returning system, entity, (extract(epoch from applied_up_to) * 1000)::float8 as applied, ${exceptionsDigest} as exceptions
      ), told as (
        select pg_notify('${DOCUMENT_CHANNEL}', json_build_object('progress',
          json_agg(json_build_object('system', system, 'entity', entity, 'appliedUpTo', applied, 'exceptions', exceptions)))::text)
        from applied having count(*) > 0
      )
      select a.* from applied a left join told on true`,
    values: [
      floors.map((floor) => floor.system),
      floors.map((floor) => floor.entity),
      floors.map((floor) => floor.stream),
      floors.map((floor) => floor.epoch),
      floors.map((floor) => floor.sequence),
    ],
  });
  return rows.map((row) => ({ system: row.system, entity: row.entity, appliedUpTo: row.applied, exceptions: row.exceptions }));
}
