import type { FastifyReply, FastifyRequest } from 'fastify';
import { cacheControl, matches, VARY } from './caching';
import { contextText, type Context } from './context';

export interface Sendable {
  body: Buffer;
  etag: string;
  validUntil: number;
  /** Value of X-Degraded; empty when nothing is. */
  degraded: string;
}

const JSON_TYPE = 'application/json; charset=utf-8';

/**
 * Sends an answer or 304, with everything caches and clients want to know of it. Written to the socket's response at once: nine
 * headers through Fastify's reply cost as much as all of the rest, and no hook of ours looks at a sent body.
 */
export function send(request: FastifyRequest, reply: FastifyReply, answer: Sendable, context: Context, now: number, more: Record<string, string> = {}): FastifyReply {
  const headers: Record<string, string | number> = {
    etag: answer.etag,
    'cache-control': cacheControl({ now, validUntil: answer.validUntil, degraded: answer.degraded !== '' }),
    vary: VARY,
    'steward-context': contextText(context),
    'content-type': JSON_TYPE,
    ...more,
  };
  if (answer.degraded !== '') headers['x-degraded'] = answer.degraded;
  if (request.allowance !== null) {
    headers['ratelimit-policy'] = request.allowance.policy;
    headers['ratelimit'] = request.allowance.left();
  }
  reply.hijack();
  if (matches(request.headers['if-none-match'], answer.etag)) {
    reply.raw.writeHead(304, headers).end();
    return reply;
  }
  headers['content-length'] = answer.body.length;
  reply.raw.writeHead(200, headers).end(answer.body);
  return reply;
}

/** `availability;reason=stale`: each degraded field once, whatever it is of. */
export function degradedHeader(degraded: readonly { field: string; reason: string }[]): string {
  return degraded.length === 0 ? '' : [...new Set(degraded.map(({ field, reason }) => `${field};reason=${reason}`))].join(', ');
}
