/** The question "have the broker forget these messages of mine", one door for each service, so that none can ask it of another's. */
export function forgetSubject(service: string): string {
  return `rpc.operations.forget.${service}`;
}

export interface ForgetQuestion {
  readonly subjects: readonly string[];
}

export interface ForgetAnswer {
  /** Those that hold nothing any more; of the others something was not acknowledged by everybody yet. */
  readonly gone: readonly string[];
}
