import { StewardError } from '@steward/platform';

/** What is not ours says nothing of its inside to the outside. */
export function toStewardError(error: unknown): StewardError {
  return error instanceof StewardError ? error : new StewardError('GATEWAY_FAILED', undefined, { cause: error });
}
