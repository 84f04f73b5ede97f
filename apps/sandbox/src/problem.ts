import type { ErrorCode, ProblemPlace } from '@steward/platform';

/** Several faults of one request, told together. One alone is a RejectedError. */
export class Faulty extends Error {
  constructor(
    readonly code: ErrorCode,
    detail: string,
    readonly places: readonly ProblemPlace[],
  ) {
    super(detail);
  }
}
