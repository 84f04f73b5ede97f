/**
 * What one end of an arrow holds of an entity, as a tree whose nodes are small enough to compare (X1).
 * 1. Tombstones have no leaf. Both ends forget them, at different times, and what was deleted on one end only is a leaf on the other.
 * 2. The order of rows makes no difference (xor).
 * 3. Down to the leaves nothing but what is kept is read; below them only the rows of the nodes that are asked for, by an index.
 */
import { depthOf, DIGEST_ROOT, type DigestChildren, digestStep, KEPT_BITS, type KeyDigest, MOST_DIGEST_BITS, type NodeDigest } from '@steward/contracts';
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

/** Of the root, the groups; of groups, their leaves. Told apart by equality: a join by ranges would hold every leaf against every node. */
async function keptChildren(tx: Query, held: StateTable, entity: string, nodes: readonly number[]): Promise<Child[]> {
  const root = nodes.filter((node) => node === DIGEST_ROOT);
  const groups = nodes.filter((node) => node !== DIGEST_ROOT);
  const sums = `sum(count)::float8 as count, ${digits('bit_xor(sum)')} as digest`;
  const ofRoot = root.length === 0 ? [] : (await tx.query<Child>({ name: `steward_digest_groups_${held}`, text: `select 1::float8 as node, leaf >> 7 as child, ${sums} from (${keptLeaves(held)}) k group by 2`, values: [entity] })).rows;
  if (groups.length === 0) return ofRoot;
  const { rows } = await tx.query<Child>({
    name: `steward_digest_leaves_${held}`,
    text: `select (128 + (leaf >> 7))::float8 as node, leaf & 127 as child, ${sums} from (${keptLeaves(held)}) k where leaf >> 7 = any($2::int[]) group by leaf`,
    values: [entity, groups.map((node) => node - 128)],
  });
  return [...ofRoot, ...rows];
}

async function rowsBelow(tx: Query, held: StateTable, entity: string, nodes: readonly number[]): Promise<Child[]> {
  const { rows } = await tx.query<Child>({
    name: `steward_digest_below_${held}`,
    text: `select n.node::float8 as node, ((${pathOf('s.key')} - n.low) >> n.below)::int as child, count(*)::float8 as count, ${digits(`bit_xor(${weightOf('s.key', 's.revision', 'coalesce(e.content, s.hash)')})`)} as digest
      from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::int[]) as n(node, low, high, below)
      join ${held} s on s.entity = $1 and s.data is not null and ${pathOf('s.key')} between n.low and n.high
      left join digest_edit e on e.held_in = '${held}' and e.entity = $1 and e.key = s.key and e.revision = s.revision and e.hash = s.hash
      group by 1, 2`,
    values: [entity, nodes, ...boundsOf(nodes), nodes.map((node) => MOST_DIGEST_BITS - depthOf(node) - digestStep(node))],
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
    // By the path first, whatever it costs to sort: the planner takes a node to hold a ninth of the table, and would sort all of it.
    text: `with below as materialized (
        select s.key from unnest($2::bigint[], $3::bigint[]) as n(low, high)
        join ${held} s on s.entity = $1 and s.data is not null and ${pathOf('s.key')} between n.low and n.high where s.key collate "C" > $4
      ), page as materialized (
        select key from below order by key collate "C" limit $5
      )
      select s.key, s.revision::float8 as revision, encode(${contentHash('s.data')}, 'hex') as hash from page join ${held} s on s.entity = $1 and s.key = page.key order by s.key collate "C"`,
    values: [entity, ...boundsOf(nodes), after ?? '', limit],
  });
  return rows;
}

/** The first and the last path below each node. */
function boundsOf(nodes: readonly number[]): [number[], number[]] {
  const widths = nodes.map((node) => 2 ** (MOST_DIGEST_BITS - depthOf(node)));
  const low = nodes.map((node, index) => node * (widths[index] ?? 0) - 2 ** MOST_DIGEST_BITS);
  return [low, low.map((first, index) => first + (widths[index] ?? 0) - 1)];
}
