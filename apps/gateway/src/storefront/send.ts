import type { FastifyReply, FastifyRequest } from 'fastify';
import { etagOf } from '../document-cache/cached-document';
import { guest } from '../identity/identity';
import { cacheControl, matches, PRIVATE, VARY } from './caching';
import { contextText, type Context } from './context';

export interface Sendable {
  body: Buffer;
  /** Of the body; where it is absent it is taken when a client may ask with it. */
  etag?: string;
  validUntil: number;
  /** Value of X-Degraded; empty when nothing is. */
  degraded: string;
}

const JSON_TYPE = 'application/json; charset=utf-8';

/** Sends an answer or 304, with everything caches and clients want to know of it. */
export function send(request: FastifyRequest, reply: FastifyReply, answer: Sendable, context: Context, now: number, more: Record<string, string> = {}): FastifyReply {
  const etag = (answer.etag ??= etagOf(answer.body));
  const headers = {
    etag,
    'cache-control': request.identity === guest ? cacheControl({ now, validUntil: answer.validUntil, degraded: answer.degraded !== '' }) : PRIVATE,
    vary: VARY,
    'steward-context': contextText(context),
    'content-type': JSON_TYPE,
    ...more,
  };
  return matches(request.headers['if-none-match'], etag) ? write(request, reply, 304, answer, headers) : write(request, reply, 200, answer, headers);
}

/** Sends an answer that nobody keeps. */
export function sendUncached(request: FastifyRequest, reply: FastifyReply, answer: Sendable, type: string): FastifyReply {
  return write(request, reply, 200, answer, { 'content-type': type, 'cache-control': 'no-store' });
}

/**
 * Written to the socket's response at once: nine headers through Fastify's reply cost as much as all of the rest, and no hook of
 * ours looks at a sent body.
 */
function write(request: FastifyRequest, reply: FastifyReply, status: 200 | 304, { body, degraded }: Sendable, headers: Record<string, string | number>): FastifyReply {
  const all = request.identity.kind === 'unverified' ? joined(degraded, UNVERIFIED) : degraded;
  if (all !== '') headers['x-degraded'] = all;
  if (request.allowance !== null) {
    headers['ratelimit-policy'] = request.allowance.policy;
    headers['ratelimit'] = request.allowance.left();
  }
  reply.hijack();
  if (status === 304) reply.raw.writeHead(304, headers).end();
  else {
    headers['content-length'] = body.length;
    reply.raw.writeHead(200, headers).end(body);
  }
  return reply;
}

/** The issuer's keys could not be read: what is shown is what a guest sees. */
const UNVERIFIED = 'identity;reason=unavailable';

const joined = (...parts: string[]): string => parts.filter((part) => part !== '').join(', ');

/** `availability;reason=stale`: each degraded field once, whatever it is of. */
export function degradedHeader(degraded: readonly { field: string; reason: string }[]): string {
  return degraded.length === 0 ? '' : [...new Set(degraded.map(({ field, reason }) => `${field};reason=${reason}`))].join(', ');
}

/** Of one person: kept by nobody on the way. */
export function sendPrivate(reply: FastifyReply, status: number, body: object): FastifyReply {
  return reply.code(status).header('cache-control', 'no-store').type(JSON_TYPE).send(JSON.stringify(body));
}
