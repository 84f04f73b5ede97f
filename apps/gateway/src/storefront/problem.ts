import { randomBytes } from 'node:crypto';
import { trace } from '@opentelemetry/api';
import type { FastifyError, FastifyReply } from 'fastify';
import { errorTable, RejectedError, StewardError } from '@steward/platform';

export type ErrorCode = StewardError['code'];

/** RFC 9457 with our code; `errors` says which part of the request is meant and what would be accepted there. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: ErrorCode;
  detail: string;
  errors: { pointer: string; detail: string; accepted: string }[];
  traceId: string;
}

export function toProblem(error: StewardError): Problem {
  const { meaning, http } = entryOf(error.code);
  const { detail, place, accepted } = error;
  return {
    type: `urn:steward:error:${error.code}`,
    title: meaning,
    status: http ?? 500,
    code: error.code,
    detail: detail ?? meaning,
    errors: place === undefined && accepted === undefined ? [] : [{ pointer: place ?? '', detail: detail ?? meaning, accepted: accepted ?? '' }],
    traceId: traceId(),
  };
}

export function statusOf(code: ErrorCode): number {
  return entryOf(code).http ?? 500;
}

function entryOf(code: ErrorCode): { meaning: string; http?: number } {
  return errorTable[code];
}

/** The trace of the request when there is one, else a number to find its log line by. */
export function traceId(): string {
  return trace.getActiveSpan()?.spanContext().traceId ?? randomBytes(16).toString('hex');
}

/** Errors are never cached: not by us, not by a CDN, not by a browser. */
export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.status === 503) void reply.header('retry-after', '1');
  return reply
    .code(problem.status)
    .header('content-type', 'application/problem+json')
    .header('cache-control', 'no-store')
    .send(JSON.stringify(problem));
}

/** What is not ours says nothing of its inside to the outside. */
export function toStewardError(error: unknown): StewardError {
  return error instanceof StewardError ? error : new StewardError('GATEWAY_FAILED', undefined, { cause: error });
}

/** What Fastify refuses before a route sees it, in our words. */
export function fromFastify(error: FastifyError | StewardError): StewardError {
  if (error instanceof StewardError) return error;
  const detail = error.message;
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new RejectedError('GATEWAY_BODY_TOO_LARGE', detail, { place: '', accepted: 'at most 64 KiB for /graphql' });
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new RejectedError('GATEWAY_MEDIA_TYPE_REFUSED', detail, { place: 'content-type', accepted: 'application/json' });
    default:
      return error.statusCode !== undefined && error.statusCode < 500
        ? new RejectedError('GATEWAY_BODY_REFUSED', detail, { place: '', accepted: 'a well-formed HTTP request' })
        : toStewardError(error);
  }
}
