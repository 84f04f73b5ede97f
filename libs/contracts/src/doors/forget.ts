/**
 * Asks the provisioner to delete these messages of the caller from the broker. One door per service, so that none can ask it for another's.
 */
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
