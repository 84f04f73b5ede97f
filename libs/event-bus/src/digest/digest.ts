/**
 * What one end of an arrow holds of an entity, as a tree whose nodes are small enough to compare (X1).
 * 1. Tombstones have no leaf. Both ends forget them, at different times, and what was deleted on one end only is a leaf on the other.
 * 2. The order of rows makes no difference (xor).
 * 3. Down to the leaves nothing but what is kept is read; below them only the rows of the nodes that are asked for, by an index.
 */
import { depthOf, type DigestChildren, digestStep, KEPT_BITS, type KeyDigest, MOST_DIGEST_BITS, type NodeDigest } from '@steward/contracts';
import type { PoolClient } from 'pg';
import { keptLeaves } from './kept';
import { contentHash, pathOf, type StateTable, weightOf } from './tree';

type Query = Pick<PoolClient, 'query'>;

const digits = (sum: string): string => `lpad(to_hex(${sum}), 16, '0')`;

export async function digestRoot(tx: Query, held: StateTable, entity: string): Promise<NodeDigest> {
  const { rows } = await tx.query<NodeDigest>({
    name: `steward_digest_root_${held}`,
    text: `select coalesce(sum(count), 0)::float8 as count, ${digits('coalesce(bit_xor(sum), 0)')} as digest from (${keptLeaves(held)}) k`,
    values: [entity],
  });
  return rows[0] ?? { count: 0, digest: '0'.repeat(16) };
}

interface Child {
  readonly node: number;
  readonly child: number;
  readonly count: number;
  readonly digest: string;
}

export async function digestChildren(tx: Query, held: StateTable, entity: string, nodes: readonly number[]): Promise<DigestChildren[]> {
  const found = new Map(nodes.map((node) => [node, Buffer.alloc(12 * 2 ** digestStep(node))]));
  const kept = nodes.filter((node) => depthOf(node) < KEPT_BITS);
  const deeper = nodes.filter((node) => depthOf(node) >= KEPT_BITS);
  const rows = [...(kept.length > 0 ? await keptChildren(tx, held, entity, kept) : []), ...(deeper.length > 0 ? await rowsBelow(tx, held, entity, deeper) : [])];
  for (const { node, child, count, digest } of rows) {
    const bytes = found.get(node);
    bytes?.writeUInt32BE(count, child * 12);
    bytes?.write(digest, child * 12 + 4, 'hex');
  }
  return [...found].map(([node, bytes]) => ({ node, children: bytes.toString('base64') }));
}

async function keptChildren(tx: Query, held: StateTable, entity: string, nodes: readonly number[]): Promise<Child[]> {
  const [low, high] = boundsOf(nodes, KEPT_BITS);
  const { rows } = await tx.query<Child>({
    name: `steward_digest_kept_${held}`,
    text: `select n.node::float8 as node, ((k.leaf - n.low) >> n.below)::int as child, sum(k.count)::float8 as count, ${digits('bit_xor(k.sum)')} as digest
      from (${keptLeaves(held)}) k join unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::int[]) as n(node, low, high, below) on k.leaf between n.low and n.high group by 1, 2`,
    values: [entity, nodes, low, high, nodes.map((node) => KEPT_BITS - depthOf(node) - digestStep(node))],
  });
  return rows;
}

async function rowsBelow(tx: Query, held: StateTable, entity: string, nodes: readonly number[]): Promise<Child[]> {
  const { rows } = await tx.query<Child>({
    name: `steward_digest_below_${held}`,
    text: `select n.node::float8 as node, ((${pathOf('s.key')} - n.low) >> n.below)::int as child, count(*)::float8 as count, ${digits(`bit_xor(${weightOf('s.key', 's.revision', 'coalesce(e.content, s.hash)')})`)} as digest
      from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::int[]) as n(node, low, high, below)
      join ${held} s on s.entity = $1 and s.data is not null and ${pathOf('s.key')} between n.low and n.high
      left join digest_edit e on e.held_in = '${held}' and e.entity = $1 and e.key = s.key and e.revision = s.revision and e.hash = s.hash
      group by 1, 2`,
    values: [entity, nodes, ...boundsOf(nodes, MOST_DIGEST_BITS), nodes.map((node) => MOST_DIGEST_BITS - depthOf(node) - digestStep(node))],
  });
  return rows;
}

/** The living keys below these nodes by bytes, at most `limit` of them after `after`, with the hash of their content as it is. */
export async function digestKeys(
  tx: Query,
  held: StateTable,
  { entity, nodes, after, limit }: { entity: string; nodes: readonly number[]; after: string | null; limit: number },
): Promise<KeyDigest[]> {
  const { rows } = await tx.query<KeyDigest>({
    name: `steward_digest_keys_${held}`,
    text: `select key, revision::float8 as revision, encode(${contentHash('data')}, 'hex') as hash from (
        select s.key, s.revision, s.data from unnest($2::bigint[], $3::bigint[]) as n(low, high)
        join ${held} s on s.entity = $1 and s.data is not null and ${pathOf('s.key')} between n.low and n.high
        where s.key collate "C" > $4 order by s.key collate "C" limit $5) found order by key collate "C"`,
    values: [entity, ...boundsOf(nodes, MOST_DIGEST_BITS), after ?? '', limit],
  });
  return rows;
}

/** The first and the last path of so many bits below each node. */
function boundsOf(nodes: readonly number[], bits: number): [number[], number[]] {
  const widths = nodes.map((node) => 2 ** (bits - depthOf(node)));
  const low = nodes.map((node, index) => node * (widths[index] ?? 0) - 2 ** bits);
  return [low, low.map((first, index) => first + (widths[index] ?? 0) - 1)];
}
