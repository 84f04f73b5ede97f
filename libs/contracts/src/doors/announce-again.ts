/**
 * Asks the owner to announce keys again under a new revision, even if nothing has changed (X3): a consumer that has lost a state, or holds
 * another one under the same revision, takes it through its own gate like any other.
 */
export const announceAgainSubject = (system: string): string => `rpc.${system}.announce-again`;

export interface AnnounceAgainQuestion {
  readonly entity: string;
  /** 1 to 500. */
  readonly keys: readonly string[];
  /**
   * `announced` (default): the state that is stored. `source`: the keys are read from the system of record once more, and announced
   * only where it says something else; what was edited in the adapter's own table counts as something else.
   */
  readonly from?: 'announced' | 'source';
  /**
   * By key, a revision that somebody holds: the new one is above it, so that it passes that gate. A key that the adapter does not
   * know is told as deleted if it is named here, and left alone otherwise.
   */
  readonly above?: Readonly<Record<string, number>>;
  /** Who wants it and why (I6). */
  readonly actor: string;
  readonly reason: string;
  readonly dryRun: boolean;
  /** Asked again under the same id, the door answers what happened the first time and does nothing. */
  readonly actId?: string | null;
  /** What it becomes in `ce-origin`. */
  readonly origin?: 'repair';
  readonly traceparent?: string | null;
}

export interface AnnouncedAgain {
  readonly key: string;
  /** `would-announce` and `would-read` answer a dry run. `reading`: the source is read soon; what comes of it is announced as any change. */
  readonly outcome: 'announced' | 'would-announce' | 'reading' | 'would-read' | 'unknown-key';
  /** That of the announcement, or the one that stays; null when the key is unknown. */
  readonly revision: number | null;
}

export interface AnnounceAgainAnswer {
  /** In the order of the question's keys, each once. */
  readonly items: readonly AnnouncedAgain[];
}
