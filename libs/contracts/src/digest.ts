/** The question "what do you hold of this entity" (X1), asked of owners and of those who project; see digest.ts of the event bus. */
export function digestSubject(service: string): string {
  return `rpc.${service}.digest`;
}

export interface DigestQuestion {
  readonly entity: string;
  /** Without: the digests of all buckets. With: the keys of these. */
  readonly buckets?: readonly number[];
  readonly after?: string | null;
}

export interface BucketDigest {
  readonly bucket: number;
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

export type DigestAnswer =
  | { readonly buckets: readonly BucketDigest[] }
  /** `next` is to be asked for with `after`; null when these were the last. */
  | { readonly keys: readonly KeyDigest[]; readonly next: string | null };

/** Buckets in which the two ends don't hold the same. */
export function differingBuckets(one: readonly BucketDigest[], other: readonly BucketDigest[]): number[] {
  const said = new Map(other.map(({ bucket, count, digest }) => [bucket, `${String(count)} ${digest}`]));
  const here = one.flatMap(({ bucket, count, digest }) => {
    const same = said.get(bucket) === `${String(count)} ${digest}`;
    said.delete(bucket);
    return same ? [] : [bucket];
  });
  return [...here, ...said.keys()].sort((a, b) => a - b);
}
