import { errorTable, type ErrorCode } from '@steward/platform';
import type { FastifyReply } from 'fastify';

export interface Pointed {
  /** JSON pointer into the body, or the name of a parameter. */
  readonly pointer: string;
  readonly detail: string;
}

/** A refusal of the control API, answered as problem+json (RFC 9457). */
export class Problem extends Error {
  constructor(
    readonly code: ErrorCode,
    detail: string,
    readonly errors: readonly Pointed[] = [],
  ) {
    super(detail);
  }
}

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  const row = errorTable[problem.code];
  const status = row.http ?? 400;
  return reply.code(status).type('application/problem+json').send(
    JSON.stringify({ type: 'about:blank', title: row.meaning, status, code: problem.code, detail: problem.message, remedy: row.remedy, errors: problem.errors }),
  );
}
