/**
 * The question "what do you hold of this entity" (X1), asked of owners and of those who project; see digest/ of the event bus.
 *
 * Keys hang in a tree by the bits of a hash of them: the root has 128 children, these 128 each, what lies below 16 each. A node's
 * digest is the same on both ends exactly if its living keys, their revisions and their contents are. Who compares asks for the
 * children of nodes that differ, and for the keys of nodes that hold few.
 */
export function digestSubject(service: string): string {
  return `rpc.${service}.digest`;
}

export type DigestQuestion =
  /** The root. */
  | { readonly entity: string }
  /** The children of these nodes, at most 256. */
  | { readonly entity: string; readonly childrenOf: readonly number[] }
  /** The keys of these nodes, at most 256, page by page. */
  | { readonly entity: string; readonly keysOf: readonly number[]; readonly after?: string | null }
  /**
   * Begins to compute everything from the rows, so that an edit by hand is in the digests. Asked again with the ticket of its
   * answer it says whether that is done.
   */
  | { readonly entity: string; readonly scrub: true; readonly ticket?: string | null };

export interface NodeDigest {
  readonly count: number;
  /** 16 hexadecimal digits. */
  readonly digest: string;
}

/** A leaf: what is compared of a key. */
export interface KeyDigest {
  readonly key: string;
  readonly revision: number;
  /** Of the content: 32 hexadecimal digits. */
  readonly hash: string;
}

/** `children`, in order: 12 bytes each, four of the count and eight of the digest, in base64. */
export interface DigestChildren {
  readonly node: number;
  readonly children: string;
}

export interface DigestKeys {
  readonly keys: readonly KeyDigest[];
  /** To be asked for with `after`; null when these were the last. */
  readonly next: string | null;
}

export interface DigestScrub {
  readonly ticket: string;
  readonly done: boolean;
}

export type DigestAnswer = NodeDigest | { readonly nodes: readonly DigestChildren[] } | DigestKeys | DigestScrub;

/** A node's number is 1 followed by the bits of its path, so that it says its depth. */
export const DIGEST_ROOT = 1;

/** The root's children and theirs are kept; what lies below is computed when it is asked for. */
export const KEPT_BITS = 14;
export const MOST_DIGEST_BITS = 42;

/** How many bits its children have more. */
export const digestStep = (node: number): number => (depthOf(node) < KEPT_BITS ? 7 : 4);

export const depthOf = (node: number): number => Math.floor(Math.log2(node));

/** Which of the children of one node two answers don't agree on, with how many keys the end that has fewer has below it. */
export function differingChildren({ node, children }: DigestChildren, other: DigestChildren): { node: number; count: number }[] {
  if (children === other.children) return [];
  const [here, there] = [Buffer.from(children, 'base64'), Buffer.from(other.children, 'base64')];
  // Above 32 bits no operator of JavaScript shifts.
  const first = node * 2 ** digestStep(node);
  const found: { node: number; count: number }[] = [];
  for (let at = 0; at < here.length; at += 12) {
    if (here.compare(there, at, at + 12, at, at + 12) !== 0) found.push({ node: first + at / 12, count: Math.min(here.readUInt32BE(at), there.readUInt32BE(at)) });
  }
  return found;
}
