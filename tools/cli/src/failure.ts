/** Exit codes: what a script can tell apart. They are part of the interface and never change their meaning. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, notFound: 3, conflict: 4, forbidden: 5, unreachable: 6, cannotSay: 7 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** An end that was foreseen: its text is for a person, its code for a script. */
export class Failure extends Error {
  constructor(
    readonly exitCode: ExitCode,
    message: string,
    /** What operations said, for `-o json`. */
    readonly problem?: unknown,
  ) {
    super(message);
  }
}
