/**
 * What one end of an arrow holds of an entity, small enough to compare (X1). Keys fall into buckets; a bucket's digest is the same on both
 * ends exactly if its living keys, their revisions and their contents are. Only buckets that differ are then asked for their keys.
 * Invariants:
 *   1. A leaf is made of the row's content as it is now, never of a hash that was stored with it: an edit by hand is seen.
 *   2. Tombstones have no leaf. Both ends forget them, at different times, and what was deleted on one end only is a leaf on the other.
 *   3. The order of rows makes no difference (xor), and nothing of it depends on the server's version, encoding or platform (md5, sha256).
 * Rejected: digests kept up by each change (ADR 0014).
 */
import type { BucketDigest, KeyDigest } from '@steward/contracts';
import type { PoolClient } from 'pg';

export const DIGEST_BUCKETS = 4_096;

/** Tables that hold states as they were announced or applied: entity, key, revision, data. */
export type StateTable = 'announced' | 'stored_part';

const bucketOf = `('x' || left(md5(key), 3))::bit(12)::int`;
const contentHash = `left(encode(sha256(convert_to(data::text, 'UTF8')), 'hex'), 32)`;

/** A bucket that holds nothing is not named. */
export async function digestBuckets(tx: Pick<PoolClient, 'query'>, table: StateTable, entity: string): Promise<BucketDigest[]> {
  const { rows } = await tx.query<BucketDigest>(
    `select ${bucketOf} as bucket, count(*)::float8 as count,
       lpad(to_hex(bit_xor(('x' || left(md5(key || ' ' || revision || ' ' || ${contentHash}), 16))::bit(64)::bigint)), 16, '0') as digest
     from ${table} where entity = $1 and data is not null group by 1 order by 1`,
    [entity],
  );
  return rows;
}

/** The living keys of these buckets by bytes, at most `limit` of them after `after`. */
export async function digestKeys(
  tx: Pick<PoolClient, 'query'>,
  table: StateTable,
  { entity, buckets, after, limit }: { entity: string; buckets: readonly number[]; after: string | null; limit: number },
): Promise<KeyDigest[]> {
  const { rows } = await tx.query<KeyDigest>(
    `select key, revision::float8 as revision, ${contentHash} as hash from ${table}
     where entity = $1 and data is not null and ${bucketOf} = any($2::int[]) and key collate "C" > $3 order by key collate "C" limit $4`,
    [entity, buckets, after ?? '', limit],
  );
  return rows;
}
