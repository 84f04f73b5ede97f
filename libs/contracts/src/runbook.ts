/** What the head of a file in docs/runbooks says of an executable runbook; made by the compiler, carried out by operations. */
export interface RunbookDeclaration {
  readonly id: string;
  readonly title: string;
  /** The team whose operators may run it. */
  readonly owner: string;
  /** Relative to the repository. */
  readonly file: string;
  readonly params: Readonly<Record<string, RunbookParam>>;
  readonly steps: readonly RunbookStep[];
}

export interface RunbookParam {
  readonly type: 'text' | 'number' | 'list' | 'flag';
  readonly says: string;
  readonly optional: boolean;
  /** Nothing else is accepted. */
  readonly values: readonly string[] | null;
}

/**
 * precondition = stops the run before anything was done · dryRun = shows what is there and what would happen · command = does it, through a
 * door or a command · check = waits until it is so · undo = carried out only when somebody takes the run back, the last command's first.
 */
export type RunbookStepKind = 'precondition' | 'dryRun' | 'command' | 'check' | 'undo';

export interface RunbookStep {
  readonly id: string;
  readonly kind: RunbookStepKind;
  readonly says: string;
  /** The step's name in the code. */
  readonly run: string;
  /** `$name` stands for a parameter. */
  readonly with: Readonly<Record<string, unknown>>;
  /** Of an undo: the command that it takes back. */
  readonly of: string | null;
  /** Only when this parameter was given. */
  readonly when: string | null;
  /** How long a check waits. */
  readonly withinMs: number;
}
