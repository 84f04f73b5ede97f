/**
 * What one end of an arrow holds of an entity, as a tree whose nodes are small enough to compare (X1).
 * 1. Tombstones have no leaf. Both ends forget them, at different times, and what was deleted on one end only is a leaf on the other.
 * 2. The order of rows makes no difference (xor).
 * 3. Down to the leaves nothing but what is kept is read; below them only the rows of the nodes that are asked for, by an index.
 */
import { depthOf, DIGEST_ROOT, type DigestChildren, digestStep, KEPT_BITS, type KeyDigest, MOST_DIGEST_BITS, type NodeDigest } from '@steward/contracts';
import type { Database } from '@steward/platform';
import { keptLeaves } from './kept';
import { contentHash, pathOf, type StateTable, weightOf } from './tree';

type Query = Pick<Database, 'query'>;

export async function digestRoot(database: Query, held: StateTable, entity: string): Promise<NodeDigest> {
  const text = `select coalesce(sum(count), 0)::float8 as count, lpad(to_hex(coalesce(bit_xor(sum), 0)), 16, '0') as digest from (${keptLeaves(held)}) k`;
  const [root] = await database.query<NodeDigest & Record<string, unknown>>({ name: `steward_digest_root_${held}`, text }, [entity]);
  return root ?? { count: 0, digest: '0'.repeat(16) };
}

/** Of one node the children that have keys, 14 bytes each: which one, its count, its sum. In no order. */
interface Below {
  readonly node: number;
  readonly children: Buffer;
}

/** Packed by PostgreSQL: nine thousand leaves as rows and objects cost the process 52 ms a comparison, packed 20. */
const packed = `string_agg(int2send(child::int2) || int4send(count::int4) || int8send(sum), ''::bytea)`;

export async function digestChildren(database: Query, held: StateTable, entity: string, nodes: readonly number[]): Promise<DigestChildren[]> {
  const found = new Map(nodes.map((node) => [node, Buffer.alloc(12 * 2 ** digestStep(node))]));
  const deeper = nodes.filter((node) => depthOf(node) >= KEPT_BITS);
  const groups = nodes.filter((node) => node !== DIGEST_ROOT && depthOf(node) < KEPT_BITS);
  const rows = [
    ...(nodes.includes(DIGEST_ROOT) ? await groupsOf(database, held, entity) : []),
    ...(groups.length > 0 ? await leavesOf(database, held, entity, groups) : []),
    ...(deeper.length > 0 ? await rowsBelow(database, held, entity, deeper) : []),
  ];
  for (const { node, children } of rows) {
    const bytes = found.get(node);
    for (let at = 0; at < children.length; at += 14) bytes?.set(children.subarray(at + 2, at + 14), 12 * children.readUInt16BE(at));
  }
  return [...found].map(([node, bytes]) => ({ node, children: bytes.toString('base64') }));
}

const groupsOf = (database: Query, held: StateTable, entity: string): Promise<Below[]> =>
  database.query<Below>(
    {
      name: `steward_digest_groups_${held}`,
      text: `select ${DIGEST_ROOT}::float8 as node, ${packed} as children from (
          select leaf >> 7 as child, sum(count) as count, bit_xor(sum) as sum from (${keptLeaves(held)}) k group by 1
        ) g having count(*) > 0`,
    },
    [entity],
  );

/** Told apart by equality: a join by ranges would hold every leaf against every node. */
const leavesOf = (database: Query, held: StateTable, entity: string, groups: readonly number[]): Promise<Below[]> =>
  database.query<Below>(
    {
      name: `steward_digest_leaves_${held}`,
      text: `select (128 + (leaf >> 7))::float8 as node, ${packed} as children from (
          select leaf, leaf & 127 as child, sum(count) as count, bit_xor(sum) as sum from (${keptLeaves(held)}) k where leaf >> 7 = any($2::int[]) group by leaf
        ) l group by 1`,
    },
    [entity, groups.map((node) => node - 128)],
  );

/**
 * The rows of each node n, found by the index of paths. `offset 0` keeps the planner from making a join of it, and so from another way: of
 * bounds that it doesn't know (from the sixth time on that a connection runs a statement) it takes each to hold a ninth of the table, and
 * then reads all rows and holds each against each node: 2,500 ms of CPU where 5 are enough.
 */
const rowsOf = (held: StateTable, columns: string, and = ''): string =>
  `cross join lateral (select ${columns} from ${held} s where s.entity = $1 and s.data is not null and ${pathOf('s.key')} between n.low and n.high ${and} offset 0) s`;

const rowsBelow = (database: Query, held: StateTable, entity: string, nodes: readonly number[]): Promise<Below[]> =>
  database.query<Below>(
    {
      name: `steward_digest_below_${held}`,
      text: `select node::float8 as node, ${packed} as children from (
          select n.node, (s.path - n.low) >> n.below as child, count(*) as count, bit_xor(${weightOf('s.key', 's.revision', 'coalesce(e.content, s.hash)')}) as sum
          from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::int[]) as n(node, low, high, below) ${rowsOf(held, `s.key, s.revision, s.hash, ${pathOf('s.key')} as path`)}
          left join digest_edit e on e.held_in = '${held}' and e.entity = $1 and e.key = s.key and e.revision = s.revision and e.hash = s.hash
          group by 1, 2
        ) b group by 1`,
    },
    [entity, nodes, ...boundsOf(nodes), nodes.map((node) => MOST_DIGEST_BITS - depthOf(node) - digestStep(node))],
  );

/** An answer is one message of 1 MiB; a key has up to 255 bytes, each up to six characters of JSON. */
export const MOST_KEYS = 600;

const leaf = `s.key, s.revision::float8 as revision, encode(${contentHash('s.data')}, 'hex') as hash`;

/** The living keys below these nodes by bytes, at most `MOST_KEYS` of them after `after`, with the hash of their content as it is. */
export function digestKeys(database: Query, held: StateTable, { entity, nodes, after }: { entity: string; nodes: readonly number[]; after: string | null }): Promise<KeyDigest[]> {
  // All keys are in the index of keys in their order: by the paths each page would read and sort all of them.
  if (nodes.includes(DIGEST_ROOT)) {
    const text = `select ${leaf} from ${held} s where s.entity = $1 and s.data is not null and s.key collate "C" > $2 order by s.key collate "C" limit ${MOST_KEYS}`;
    return database.query<KeyDigest>({ name: `steward_digest_all_keys_${held}`, text }, [entity, after ?? '']);
  }
  return database.query<KeyDigest>(
    {
      name: `steward_digest_keys_${held}`,
      // Contents are read, and hashed, of the page only.
      text: `with page as materialized (
          select s.key from unnest($2::bigint[], $3::bigint[]) as n(low, high) ${rowsOf(held, 's.key', 'and s.key collate "C" > $4')} order by s.key collate "C" limit ${MOST_KEYS}
        )
        select ${leaf} from page cross join lateral (select * from ${held} s where s.entity = $1 and s.key = page.key offset 0) s order by s.key collate "C"`,
    },
    [entity, ...boundsOf(nodes), after ?? ''],
  );
}

/** The first and the last path below each node. */
function boundsOf(nodes: readonly number[]): [number[], number[]] {
  const widths = nodes.map((node) => 2 ** (MOST_DIGEST_BITS - depthOf(node)));
  const low = nodes.map((node, index) => node * (widths[index] ?? 0) - 2 ** MOST_DIGEST_BITS);
  return [low, low.map((first, index) => first + (widths[index] ?? 0) - 1)];
}
