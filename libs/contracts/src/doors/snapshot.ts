/** Request/reply subject on which the adapter of a system returns all announced states of an entity, in pages (B12). */
export const snapshotSubject = (system: string): string => `rpc.${system}.snapshot`;

export interface SnapshotQuestion {
  readonly entity: string;
  /** The key behind which the page begins; absent or null = the first page. */
  readonly after?: string | null;
  /** At most this many items, 1 to 1,000; a page that would not fit into a message has fewer. */
  readonly limit?: number;
  readonly traceparent?: string | null;
}

/** How many items all pages would have together. */
export interface SnapshotCountQuestion {
  readonly entity: string;
  readonly count: true;
}

export interface SnapshotCount {
  readonly count: number;
}

/** One announced state, with the id and the revision under which it was published. */
export interface SnapshotItem {
  readonly key: string;
  readonly revision: number;
  readonly messageId: string;
  readonly tombstone: boolean;
  /** null for a tombstone. */
  readonly data: unknown;
  /** ISO 8601. */
  readonly changedAt: string;
  /** Of the contract in which `data` is said; absent = 1. */
  readonly major?: number;
}

export interface SnapshotPage {
  /** In the order of their keys' bytes. */
  readonly items: readonly SnapshotItem[];
  /** To be asked for with `after`; null when this was the last page. */
  readonly next: string | null;
}
