/** What is compared with what: declarations, mounted by the runner. */
import type { Contract, DriftCause, DriftKind, DriftRow, RepairPolicy } from '@steward/contracts';
import { BOOKS_CADENCE } from './terms';

interface Terms {
  readonly cadenceMs: number;
  /** A difference younger than this is in flight (X2). */
  readonly settleMs: number;
  readonly repair: RepairPolicy;
}

interface Common extends Terms {
  /** Unique, and never renamed: what was found hangs on it. */
  readonly name: string;
  /** Whose owner answers for what is found. */
  readonly contract: Contract;
}

/** What an owner announced, and what a service keeps of it. */
export interface ArrowCheck extends Common {
  readonly kind: 'arrow';
  readonly owner: string;
  readonly holder: string;
  /** The durable by which it comes. */
  readonly durable: string;
}

/** What a system of record says now, and what its adapter announced of it. */
export interface SourceCheck extends Common {
  readonly kind: 'source';
  readonly system: string;
}

/** A rule over what several systems announced, told in SQL over this service's own projections. */
export interface BooksCheck extends Common {
  readonly kind: 'books';
  /** The rule that is broken, in one sentence. */
  readonly rule: string;
  readonly entities: readonly string[];
  /** Breaches of the keys in $1, or of all keys after $2 in order, at most $3: `BooksRow`. */
  readonly breaches: string;
}

/** What the storefront says of a product in one way and in another. */
export interface PagesCheck extends Common {
  readonly kind: 'pages';
  readonly rule: string;
}

/** One row of a breach. Two looks are about the same breach if their revisions are the same. */
export interface BooksRow {
  readonly key: string;
  readonly left: Readonly<Record<string, unknown>>;
  readonly right: Readonly<Record<string, unknown>>;
  readonly amount: number | null;
  readonly currency: string | null;
  readonly units: number | null;
}

export type Check = ArrowCheck | SourceCheck | BooksCheck | PagesCheck;

type Declared<C extends Check> = Omit<C, keyof Terms> & Partial<Terms>;

/** Terms that are not given are those of the contract. */
export function defineCheck<C extends Check>(spec: Declared<C>): C {
  const terms = spec.contract.reconciliation ?? { cadenceMs: BOOKS_CADENCE, settleMs: 60_000, repair: 'never' as const };
  return { ...terms, ...spec } as unknown as C;
}

/** Seen once. */
export interface Suspect {
  readonly key: string;
  /** What the comparison saw, in its own words; it comes back with the second look. */
  readonly first: unknown;
}

export interface Step {
  readonly compared: number;
  readonly suspects: readonly Suspect[];
  /** JSON: where a run goes on that ended here. */
  readonly cursor: unknown;
}

/** Seen twice, and explained. */
export interface Finding extends Pick<DriftRow, 'fields' | 'left' | 'right' | 'authority' | 'evidence' | 'exposure' | 'letter'> {
  readonly key: string;
  readonly kind: DriftKind;
  readonly cause: DriftCause;
}

export interface SecondLook {
  readonly found: readonly Finding[];
  /** Still moving: to be looked at again, with what was seen now. */
  readonly again: readonly Suspect[];
}

export interface Comparison {
  /** Everything that there is, from the cursor on; each step fits into memory. */
  readonly steps: (cursor: unknown, signal: AbortSignal) => AsyncGenerator<Step>;
  /** A first look at these keys; those that the answer does not name agree. */
  readonly look: (keys: readonly string[]) => Promise<readonly Suspect[]>;
  /** Suspects that are in neither list of the answer agree by now. */
  readonly confirm: (suspects: readonly Suspect[]) => Promise<SecondLook>;
}
