/** What a vendor's folder says of the system that stands in for the vendor's own. */
import type { TapRequest } from './tap/tap.client';

/** The n-th thing of an entity, n from 1. Each edition shows something else in what is announced. */
export interface Thing {
  readonly n: number;
  readonly edition: number;
}

/** One entity at the system of record, as far as the suite has to move it. */
export interface Things {
  /** How many there are: enough for three pages of the connector. */
  readonly count: number;
  /** The key under which the n-th is announced. */
  readonly keyOf: (n: number) => string;
  /** Creates or replaces them, in one transaction of the system if it has such. */
  readonly put: (things: readonly Thing[]) => Promise<void>;
  /** Makes of the n-th what the wire schema or the translation has to refuse; it still shows its key. */
  readonly malform: (n: number) => Promise<void>;
  /** A hard delete. */
  readonly remove: (n: number) => Promise<void>;
}

/** A write of the adapter, as far as the suite has to move it. */
export interface Writing {
  /** Of the adapter's effect. */
  readonly kind: string;
  /** The n-th of it, n from 1: its natural key, what it asks for, and how often the system has that. */
  readonly keyOf: (n: number) => string;
  readonly request: (n: number) => unknown;
  readonly count: (n: number) => Promise<number>;
}

export interface StandIn {
  /** Where it listens; the suite puts its tap between it and the connector. */
  readonly url: string;
  /** By entity, one for each feed of the connector. */
  readonly things: Readonly<Record<string, Things>>;
  /** For an adapter that writes. */
  readonly writes?: readonly Writing[];
  readonly stop: () => Promise<void>;
}

export interface VendorProfile {
  readonly start: () => Promise<StandIn>;
  /** The connector's variables, for a system at this address. */
  readonly settings: (url: string) => Readonly<Record<string, string>>;
  /** An answer as it would be if the system held nothing, under status 200. What carries no things is given back as it is. */
  readonly empty: (answer: unknown, request: TapRequest) => unknown;
  /** An answer with half of its things that claims to be whole. */
  readonly truncated: (answer: unknown, request: TapRequest) => unknown;
  /** Which requests change something at the system; those that are no GET, unless told otherwise. */
  readonly isWrite?: (request: TapRequest) => boolean;
  /** Checks that this vendor's system makes impossible, each with the reason. */
  readonly cannot?: Readonly<Partial<Record<string, string>>>;
  /** What this vendor's system can't do for any connector, and what follows for its users: lines of its sheet. */
  readonly lacks: readonly string[];
}
