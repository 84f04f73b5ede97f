/**
 * Walks the digests of both ends of an arrow and yields the keys in which they differ (X1).
 * 1. Below a node on which both ends agree nothing is asked: the cost grows with the differences, not with what there is.
 * 2. The digests of 16,384 leaves and the keys of some of them are in memory at most, whatever the sizes. Leaves are visited in the order
 *    of their numbers, so that a walk can go on where another one ended.
 * 3. Nothing here says that a difference is drift: the ends are read one after the other while both move (X2).
 */
import {
  depthOf, differingChildren, DIGEST_ROOT, type DigestAnswer, type DigestChildren, type DigestKeys, type DigestQuestion, type DigestScrub, digestStep, type KeyDigest, MOST_DIGEST_BITS,
  type NodeDigest,
} from '@steward/contracts';

/** Asks one service's digest door; `ask` of the rpc client with its subject. */
export type DigestDoor = (question: DigestQuestion) => Promise<DigestAnswer>;

export interface KeyDifference {
  readonly key: string;
  /** null: there is no such living key on that end. */
  readonly left: KeyDigest | null;
  readonly right: KeyDigest | null;
}

/** Some differences; a page may have none, where both ends have meanwhile come to hold the same. */
export interface DifferencePage {
  /** By their keys' bytes, within a page. */
  readonly differences: readonly KeyDifference[];
  /** A walk that begins `from` here yields what comes behind this page. */
  readonly position: number;
}

export interface Ends {
  readonly entity: string;
  readonly left: DigestDoor;
  readonly right: DigestDoor;
  readonly signal?: AbortSignal;
}

/** Fewer are asked for right away: their digests would be no smaller than they are. */
const fewKeys = 12;
/** Nodes of one question below the kept levels: a page or three of keys, or a twentieth of a message of digests. */
const atOnce = 128;

/** Ends without a page when there is no difference. */
export async function* compareDigests(ends: Ends, from = 0): AsyncGenerator<DifferencePage, void, undefined> {
  const [one, other] = await both<NodeDigest>(ends, { entity: ends.entity });
  if (same(one, other)) return;
  const groups = await differingBelow(ends, [DIGEST_ROOT]);
  if (groups.length === 0) return;
  const leaves = (await differingBelow(ends, groups.map(({ node }) => node))).filter(({ node }) => node >= from);
  for (let at = 0; at < leaves.length; at += atOnce) {
    const some = leaves.slice(at, at + atOnce);
    yield { differences: await below(ends, some), position: (some.at(-1)?.node ?? from) + 1 };
  }
}

/** Has both ends recompute their digests from their rows, and waits until they are done; `pause` is called between two looks. */
export async function scrubDigests({ entity, left, right, signal }: Ends, pause: () => Promise<void>): Promise<void> {
  const scrub = async (door: DigestDoor): Promise<void> => {
    let { ticket, done } = (await door({ entity, scrub: true })) as DigestScrub;
    while (!done) {
      await pause();
      signal?.throwIfAborted();
      ({ ticket, done } = (await door({ entity, scrub: true, ticket })) as DigestScrub);
    }
  };
  await Promise.all([scrub(left), scrub(right)]);
}

interface Pair {
  readonly node: number;
  /** Living keys of the end that has fewer: those by which the other has more all differ, and are asked for in any case. */
  readonly count: number;
}

async function both<A extends DigestAnswer>({ left, right, signal }: Ends, question: DigestQuestion): Promise<[A, A]> {
  signal?.throwIfAborted();
  return (await Promise.all([left(question), right(question)])) as [A, A];
}

const same = (one: NodeDigest, other: NodeDigest): boolean => one.count === other.count && one.digest === other.digest;

async function differingBelow(ends: Ends, nodes: readonly number[]): Promise<Pair[]> {
  const [one, other] = await both<{ nodes: readonly DigestChildren[] }>(ends, { entity: ends.entity, childrenOf: nodes });
  const there = new Map(other.nodes.map((said) => [said.node, said]));
  const pairs = one.nodes.flatMap((here): Pair[] => {
    const said = there.get(here.node);
    return said === undefined ? [] : differingChildren(here, said);
  });
  return pairs.sort((a, b) => a.node - b.node);
}

async function below(ends: Ends, leaves: readonly Pair[]): Promise<KeyDifference[]> {
  const isSmall = ({ node, count }: Pair): boolean => count <= fewKeys || depthOf(node) + digestStep(node) > MOST_DIGEST_BITS;
  const small: Pair[] = [];
  for (let level = leaves; level.length > 0; ) {
    small.push(...level.filter(isSmall));
    const crowded = level.filter((pair) => !isSmall(pair));
    const next: Pair[] = [];
    for (const some of chunks(crowded)) next.push(...(await differingBelow(ends, some)));
    level = next;
  }
  const found: KeyDifference[] = [];
  for (const some of chunks(small)) found.push(...(await differingKeys(ends, some)));
  return found.sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
}

function* chunks(pairs: readonly Pair[]): Generator<number[]> {
  for (let at = 0; at < pairs.length; at += atOnce) yield pairs.slice(at, at + atOnce).map(({ node }) => node);
}

async function differingKeys({ entity, left, right, signal }: Ends, nodes: readonly number[]): Promise<KeyDifference[]> {
  const [here, there] = await Promise.all([left, right].map((door) => allKeys(door, entity, nodes, signal)));
  if (here === undefined || there === undefined) return [];
  return [...new Set([...here.keys(), ...there.keys()])].flatMap((key): KeyDifference[] => {
    const [one, other] = [here.get(key) ?? null, there.get(key) ?? null];
    return one?.revision === other?.revision && one?.hash === other?.hash ? [] : [{ key, left: one, right: other }];
  });
}

async function allKeys(door: DigestDoor, entity: string, nodes: readonly number[], signal: AbortSignal | undefined): Promise<Map<string, KeyDigest>> {
  const keys = new Map<string, KeyDigest>();
  for (let after: string | null = '', more = true; more; more = after !== null) {
    signal?.throwIfAborted();
    const page: DigestKeys = (await door({ entity, keysOf: nodes, after })) as DigestKeys;
    for (const each of page.keys) keys.set(each.key, each);
    after = page.next;
  }
  return keys;
}
