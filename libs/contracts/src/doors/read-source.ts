import type { RecordRead } from './evidence';

/** Asks an adapter what its system of record says right now, translated to our contract; nothing is announced. */
export const readSourceSubject = (system: string): string => `rpc.${system}.read-source`;

export type ReadSourceQuestion =
  | {
      readonly entity: string;
      /** 1 to 200. */
      readonly keys: readonly string[];
      /** Without it what the contract calls personal is replaced; `hash` is always that of the true state. */
      readonly reveal?: boolean;
    }
  /** Everything there is, page by page, in the order of the source; `after` as the page before said, null for the first. */
  | { readonly entity: string; readonly ask: 'page'; readonly after: string | null };

export interface SourceItem {
  readonly key: string;
  /** First 16 bytes of the SHA-256 of what would be announced, hexadecimal: compares with that of a digest. null: not there, or a fault. */
  readonly hash: string | null;
  /** null = the source does not have it, it is withheld, or `fault` says why it can't be told. */
  readonly data: unknown;
  readonly fault: { readonly class: string; readonly message: string } | null;
  /** The source's own version of it, where it has one that can be trusted. */
  readonly version: number | null;
  /** null where there is nothing to tell. */
  readonly record: RecordRead | null;
}

export interface ReadSourceAnswer {
  readonly items: readonly SourceItem[];
  /** Keys that are to be asked for again: the answer was full. */
  readonly left: readonly string[];
  /** Of the contract in which `data` is said; absent = 1. */
  readonly major?: number;
}

export interface SourcePage {
  /** Without `data` and `record`: what differs is asked for by key. */
  readonly items: readonly Omit<SourceItem, 'data' | 'record'>[];
  /** Items that don't even show their key. */
  readonly nameless: number;
  /** To be asked for with `after`; null when this was the last page. */
  readonly next: string | null;
  /** How many there are in all, where the source says so: a page that is cut short is told by it. */
  readonly total: number | null;
}
