/** The door of reconciliation: what is compared, what was found, and what is to be done about it. Only operations knocks. */
export const reconciliationSubject = 'rpc.reconciliation.run';

export interface AskedBy {
  /** Who asks, and why: recorded with what is done (I6). */
  readonly actor: string;
  readonly reason: string;
}

export type DriftKind = 'missing' | 'extra' | 'stale' | 'ahead' | 'content' | 'business';

export type DriftCause =
  | 'lost-webhook'
  | 'relay-gap'
  | 'broker-loss'
  | 'mapping-bug'
  | 'mapping-changed'
  | 'manual-edit-at-source'
  | 'manual-edit-in-read-model'
  | 'out-of-scope-writer'
  | 'dead-letter'
  | 'rule-broken'
  | 'unknown';

/** Runs a check, all checks of an entity, or these out of turn for some keys. Answered at once; how far it got is asked for by `status`. */
export interface ReconciliationRunQuestion extends AskedBy {
  readonly ask?: 'run';
  readonly check?: string;
  readonly entity?: string;
  readonly keys?: readonly string[];
  /** Look only: no case is opened, nothing is repaired; what was found is counted. */
  readonly dryRun: boolean;
}

export interface ReconciliationRunAnswer {
  readonly runId: string;
  /** Names of the checks that were begun. */
  readonly checks: readonly string[];
}

export type ReconciliationQuestion =
  /** Of all checks: when they ran, how they ended. */
  | { readonly ask: 'checks' }
  | ReconciliationRunQuestion
  | { readonly ask: 'status'; readonly runId: string }
  | { readonly ask: 'drift'; readonly ids?: readonly string[]; readonly check?: string; readonly after?: string | null }
  /** `dryRun`: what would be announced. Without it the owner announces again, and the drift stays open until a look proves it closed. */
  | ({ readonly ask: 'repair'; readonly ids: readonly string[]; readonly dryRun: boolean } & AskedBy)
  /** It is as it should be: closed until it is found with other content. */
  | ({ readonly ask: 'accept'; readonly ids: readonly string[] } & AskedBy);

export interface CheckStanding {
  readonly check: string;
  readonly kind: 'arrow' | 'source' | 'books' | 'pages';
  readonly entity: string;
  readonly phase: 'idle' | 'comparing' | 'settling' | 'rechecking';
  readonly cadenceMs: number;
  readonly lastFinishedAt: string | null;
  readonly dueAt: string;
  /** Of the last run: keys that agreed among those compared; null before the first. */
  readonly matchRatio: number | null;
  readonly open: number;
}

export interface RunStanding {
  readonly runId: string;
  readonly check: string;
  readonly state: 'asked' | 'running' | 'done' | 'failed';
  readonly compared: number;
  readonly found: number;
  readonly open: number;
  readonly problem: string | null;
}

export interface DriftRow {
  readonly id: string;
  readonly check: string;
  readonly entity: string;
  readonly key: string;
  readonly kind: DriftKind;
  readonly cause: DriftCause;
  readonly state: 'open' | 'repaired' | 'resolved' | 'accepted';
  readonly fields: readonly { readonly pointer: string; readonly left: unknown; readonly right: unknown }[];
  readonly left: Readonly<Record<string, unknown>>;
  readonly right: Readonly<Record<string, unknown>>;
  /** The end that is right by contract. */
  readonly authority: string;
  readonly evidence: readonly string[];
  readonly exposure: { readonly amount: number | null; readonly currency: string | null; readonly units: number | null } | null;
  readonly letter: { readonly service: string; readonly id: string } | null;
  readonly policy: 'automatic' | 'ask' | 'never';
  readonly repairs: number;
  readonly openedAt: string;
  readonly lastSeenAt: string;
  readonly closedAt: string | null;
}

export interface RepairForecast {
  readonly id: string;
  readonly key: string;
  readonly outcome: 'announced' | 'would-announce' | 'unknown-key' | 'not-repairable' | 'unknown-drift' | 'closed';
  readonly revision: number | null;
}

export type ReconciliationAnswer =
  | { readonly checks: readonly CheckStanding[] }
  | ReconciliationRunAnswer
  | { readonly runs: readonly RunStanding[] }
  | { readonly drift: readonly DriftRow[]; readonly next: string | null }
  | { readonly repairs: readonly RepairForecast[] }
  | { readonly accepted: readonly string[] };
