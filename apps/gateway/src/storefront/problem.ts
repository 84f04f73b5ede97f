import type { FastifyError, FastifyReply } from 'fastify';
import { problemOf, RejectedError, sendProblem, StewardError, type ErrorCode, type ProblemPlace } from '@steward/platform';

/** What is not ours says nothing of its inside to the outside. */
export function toStewardError(error: unknown): StewardError {
  return error instanceof StewardError ? error : new StewardError('GATEWAY_FAILED', undefined, { cause: error });
}

/** How a client is told to bring another token (RFC 6750 §3), and when to come back. */
export function hintAt(reply: FastifyReply, status: number, code: ErrorCode): void {
  if (status === 401) void reply.header('www-authenticate', code === 'IDENTITY_REQUIRED' ? 'Bearer' : 'Bearer error="invalid_token"');
  if (status === 503 && !reply.hasHeader('retry-after')) void reply.header('retry-after', '1');
}

/** A refusal that names several places. */
export function sendRefusal(reply: FastifyReply, { code, detail, places }: { code: ErrorCode; detail: string; places: readonly ProblemPlace[] }): FastifyReply {
  return sendProblem(reply, problemOf(code, detail, places));
}

/** What Fastify refuses before a route sees it, in our words. */
export function fromFastify(error: FastifyError | StewardError): StewardError {
  if (error instanceof StewardError) return error;
  const detail = error.message;
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new RejectedError('GATEWAY_BODY_TOO_LARGE', detail, { place: '', accepted: 'at most 64 KiB for /graphql, 256 KiB for /v1' });
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new RejectedError('GATEWAY_MEDIA_TYPE_REFUSED', detail, { place: 'content-type', accepted: 'application/json' });
    default:
      return error.statusCode !== undefined && error.statusCode < 500
        ? new RejectedError('GATEWAY_BODY_REFUSED', detail, { place: '', accepted: 'a well-formed HTTP request' })
        : toStewardError(error);
  }
}
