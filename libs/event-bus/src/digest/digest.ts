/**
 * What one end of an arrow holds of an entity, as a tree whose nodes are small enough to compare (X1; its shape: contracts, doors/digest.ts).
 * Invariants:
 *   1. Tombstones have no leaf. Both ends forget them, at different times, and what was deleted on one end only is a leaf on the other.
 *   2. The order of rows makes no difference (xor).
 *   3. The hashes are those by which PostgreSQL finds the partition of a row: they stay the same over its versions, and are ten times
 *      cheaper than md5 of a text (0.08 against 0.7 µs a leaf), which counts where a leaf is made with every change.
 */
import { digestStep, depthOf, type DigestChildren, type KeyDigest, MOST_DIGEST_BITS, type NodeDigest } from '@steward/contracts';
import type { PoolClient } from 'pg';

/** Tables that hold states as they were announced or applied: entity, key, revision, data. */
export type StateTable = 'announced' | 'stored_part';

type Query = Pick<PoolClient, 'query'>;

/** The way from the root to a key, as a number of 42 bits. */
export const pathOf = (key: string): string => `((hashtextextended(${key}, 0) >> 22) & 4398046511103)`;
export const leafOf = (key: string, revision: string, hash: string): string => `hashtextextended(${key}, hashint8extended(${revision}, substring(${hash} from 1 for 8)::bigint))`;

const contentHash = `substring(sha256(convert_to(data::text, 'UTF8')) from 1 for 16)`;
const leaf = leafOf('key', 'revision', contentHash);
const digits = (sum: string): string => `lpad(to_hex(${sum}), 16, '0')`;

export async function digestRoot(tx: Query, table: StateTable, entity: string): Promise<NodeDigest> {
  const { rows } = await tx.query<NodeDigest>(
    `select count(*)::float8 as count, ${digits(`coalesce(bit_xor(${leaf}), 0)`)} as digest from ${table} where entity = $1 and data is not null`,
    [entity],
  );
  return rows[0] ?? { count: 0, digest: '0'.repeat(16) };
}

export async function digestChildren(tx: Query, table: StateTable, entity: string, nodes: readonly number[]): Promise<DigestChildren[]> {
  const { rows } = await tx.query<{ node: number; child: number; count: number; digest: string }>(
    `select n.node::float8 as node, ((${pathOf('s.key')} - n.low) >> n.below)::int as child, count(*)::float8 as count, ${digits(`bit_xor(${leaf})`)} as digest
     from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::int[]) as n(node, low, high, below)
     join ${table} s on s.entity = $1 and s.data is not null and ${pathOf('s.key')} between n.low and n.high group by 1, 2`,
    [entity, nodes, ...boundsOf(nodes), nodes.map((node) => MOST_DIGEST_BITS - depthOf(node) - digestStep(node))],
  );
  const found = new Map(nodes.map((node) => [node, Buffer.alloc(12 * 2 ** digestStep(node))]));
  for (const { node, child, count, digest } of rows) {
    const bytes = found.get(node);
    bytes?.writeUInt32BE(count, child * 12);
    bytes?.write(digest, child * 12 + 4, 'hex');
  }
  return [...found].map(([node, bytes]) => ({ node, children: bytes.toString('base64') }));
}

/** The living keys below these nodes by bytes, at most `limit` of them after `after`. */
export async function digestKeys(
  tx: Query,
  table: StateTable,
  { entity, nodes, after, limit }: { entity: string; nodes: readonly number[]; after: string | null; limit: number },
): Promise<KeyDigest[]> {
  const { rows } = await tx.query<KeyDigest>(
    `select s.key, s.revision::float8 as revision, encode(${contentHash}, 'hex') as hash
     from unnest($2::bigint[], $3::bigint[]) as n(low, high)
     join ${table} s on s.entity = $1 and s.data is not null and ${pathOf('s.key')} between n.low and n.high
     where s.key collate "C" > $4 order by s.key collate "C" limit $5`,
    [entity, ...boundsOf(nodes), after ?? '', limit],
  );
  return rows;
}

/** The first and the last path below each node. */
function boundsOf(nodes: readonly number[]): [number[], number[]] {
  const widths = nodes.map((node) => 2 ** (MOST_DIGEST_BITS - depthOf(node)));
  const low = nodes.map((node, index) => node * (widths[index] ?? 0) - 2 ** MOST_DIGEST_BITS);
  return [low, low.map((first, index) => first + (widths[index] ?? 0) - 1)];
}
