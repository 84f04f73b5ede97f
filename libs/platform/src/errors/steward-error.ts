import type { ErrorCode } from './table';

export interface ErrorOptions {
  readonly cause?: unknown;
  /** Where the fault is: a file, a variable, a JSON pointer, a subject. */
  readonly place?: string;
  /** What would have been accepted there. */
  readonly accepted?: string;
}

/** A failure with a code of the error table. Thrown, it means: try again, it may work later. */
export class StewardError extends Error {
  override readonly name: string = 'StewardError';
  readonly code: ErrorCode;
  readonly detail: string | undefined;
  readonly place: string | undefined;
  readonly accepted: string | undefined;

  constructor(code: ErrorCode, detail?: string, options: ErrorOptions = {}) {
    const where = options.place === undefined ? '' : ` (at ${options.place})`;
    const wants = options.accepted === undefined ? '' : `; accepted: ${options.accepted}`;
    super(`${code}${detail === undefined ? '' : `: ${detail}`}${where}${wants}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.detail = detail;
    this.place = options.place;
    this.accepted = options.accepted;
  }
}

/** Retrying the same input would fail for ever: never try again. */
export class RejectedError extends StewardError {
  override readonly name: string = 'RejectedError';
}
