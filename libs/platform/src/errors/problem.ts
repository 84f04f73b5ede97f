import { randomBytes } from 'node:crypto';
import { trace } from '@opentelemetry/api';
import type { FastifyReply } from 'fastify';
import type { StewardError } from './steward-error';
import { errorTable, type ErrorCode } from './table';

export interface ProblemPlace {
  /** A JSON pointer into the body, or the name of a parameter or header; '' is the whole. */
  readonly pointer: string;
  readonly detail: string;
  readonly accepted: string;
}

/** RFC 9457 with our code; `errors` says which part of the request is meant and what would be accepted there. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly errors: readonly ProblemPlace[];
  readonly traceId: string;
}

/** A problem document (RFC 9457) for an error code; `errors` names the places of the input that are at fault. */
export function problemOf(code: ErrorCode, detail: string = errorTable[code].meaning, errors: readonly ProblemPlace[] = []): Problem {
  return { type: `urn:steward:error:${code}`, title: errorTable[code].meaning, status: statusOf(code), code, detail, errors, traceId: traceId() };
}

/** The problem document (RFC 9457) of an error. */
export function toProblem({ code, detail, place, accepted }: StewardError): Problem {
  const nowhere = place === undefined && accepted === undefined;
  return problemOf(code, detail, nowhere ? [] : [{ pointer: place ?? '', detail: detail ?? errorTable[code].meaning, accepted: accepted ?? '' }]);
}

/** HTTP status of an error code; 500 if the table names none. */
export function statusOf(code: ErrorCode): number {
  return errorTable[code].http ?? 500;
}

/** The trace id of the request if there is one, else a random id by which its log line can be found. */
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
