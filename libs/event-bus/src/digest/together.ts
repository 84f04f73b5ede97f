/**
 * Several ends as one: what many services announce under one contract lies together in a read model. Sums of sums are sums, so their
 * digests add up. A key belongs to one of them; if two say they have it, the later in the list is believed.
 */
import type { DigestAnswer, DigestChildren, DigestKeys, DigestScrub, NodeDigest } from '@steward/contracts';
import type { DigestDoor } from './compare';

export function together(doors: readonly DigestDoor[]): DigestDoor {
  return async (question) => {
    if ('scrub' in question) {
      // The tickets of all of them, in their order.
      const tickets = question.ticket?.split(',');
      const answers = await each<DigestScrub>(doors, (door, index) => door({ ...question, ticket: tickets?.[index] ?? null }));
      return { ticket: answers.map(({ ticket }) => ticket).join(','), done: answers.every(({ done }) => done) };
    }
    if ('keysOf' in question) return pageOf(await each<DigestKeys>(doors, (door) => door(question)));
    if ('childrenOf' in question) {
      const answers = await each<{ nodes: readonly DigestChildren[] }>(doors, (door) => door(question));
      const sums = new Map<number, Buffer>();
      for (const { node, children } of answers.flatMap(({ nodes }) => nodes)) sums.set(node, sum(Buffer.from(children, 'base64'), sums.get(node)));
      return { nodes: [...sums].map(([node, bytes]) => ({ node, children: bytes.toString('base64') })) };
    }
    const roots = await each<NodeDigest>(doors, (door) => door(question));
    const digest = roots.reduce((all, root) => all ^ BigInt(`0x${root.digest}`), 0n);
    return { count: roots.reduce((all, root) => all + root.count, 0), digest: digest.toString(16).padStart(16, '0') };
  };
}

const each = <Answer>(doors: readonly DigestDoor[], ask: (door: DigestDoor, index: number) => Promise<DigestAnswer>): Promise<Answer[]> => Promise.all(doors.map(ask)) as Promise<unknown> as Promise<Answer[]>;

/** Entries of twelve bytes: a count and a digest. */
function sum(some: Buffer, others: Buffer | undefined): Buffer {
  if (others === undefined) return some;
  for (let at = 0; at < some.length; at += 12) {
    some.writeUInt32BE(some.readUInt32BE(at) + others.readUInt32BE(at), at);
    some.writeBigUInt64BE(some.readBigUInt64BE(at + 4) ^ others.readBigUInt64BE(at + 4), at + 4);
  }
  return some;
}

const inBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** As far as every page reaches: what lies behind comes with the next one. */
function pageOf(pages: readonly DigestKeys[]): DigestKeys {
  const next = pages.flatMap((page) => page.next ?? []).toSorted(inBytes)[0] ?? null;
  const keys = new Map(pages.flatMap((page) => page.keys).filter(({ key }) => next === null || inBytes(key, next) <= 0).map((leaf) => [leaf.key, leaf]));
  return { keys: [...keys.values()].sort((a, b) => inBytes(a.key, b.key)), next };
}
