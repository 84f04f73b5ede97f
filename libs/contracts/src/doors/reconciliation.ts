/** The door to a run out of turn: of one check, of all of an entity, of a few keys. */
export const reconciliationRunSubject = 'rpc.reconciliation.run';

export interface ReconciliationRunQuestion {
  readonly check?: string;
  readonly entity?: string;
  readonly keys?: readonly string[];
  readonly actor: string;
  readonly reason: string;
  /** Look only: no case is opened, nothing is repaired. */
  readonly dryRun: boolean;
}

export interface ReconciliationRunAnswer {
  readonly runId: string;
  /** Names of the checks that were begun. */
  readonly checks: readonly string[];
}
