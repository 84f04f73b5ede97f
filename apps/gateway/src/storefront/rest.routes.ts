import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { RejectedError } from '@steward/platform';
import { etagOf, type Rendered } from '../document-cache/cached-document';
import type { Reading } from '../graphql/resolvers';
import { afterOf, cursorOf, firstOf, onlyKnown } from './arguments';
import { cacheControl, matches, VARY } from './caching';
import { contextOfHeaders, contextText, type Context } from './context';

type Query = Readonly<Record<string, unknown>>;

export function restRoutes(app: FastifyInstance, reading: Reading): void {
  const { cache, freshness, clock } = reading;

  app.get<{ Params: { sku: string }; Querystring: Query }>('/v1/products/:sku', (request, reply) => {
    onlyKnown(request.query, []);
    const { sku } = request.params;
    const context = contextOfHeaders(request.headers);
    const kept = cache.peek(sku);
    // The usual case stays off the promise queue.
    if (kept !== undefined) return sendProduct(request, reply, kept.rendered(context.language, freshness, clock.now()), context, 'hit');
    if (sku.includes('\0')) throw unknownProduct(sku);
    return cache.find(sku).then((found) => {
      if (found === undefined) throw unknownProduct(sku);
      return sendProduct(request, reply, found.rendered(context.language, freshness, clock.now()), context, 'fwd=miss');
    });
  });

  app.get<{ Querystring: Query }>('/v1/products', async (request, reply) => {
    onlyKnown(request.query, ['first', 'after']);
    const first = firstOf(request.query['first']);
    const context = contextOfHeaders(request.headers);
    const page = await cache.page(first, afterOf(request.query['after']));
    const now = clock.now();
    const shown = page.documents.map((document) => document.rendered(context.language, freshness, now));
    const last = shown.at(-1)?.view.id;
    const next = page.hasNext && last !== undefined ? cursorOf(last) : null;
    const body = Buffer.concat([
      Buffer.from('{"items":['),
      ...shown.flatMap(({ body: item }, index) => (index === 0 ? [item] : [COMMA, item])),
      Buffer.from(`],"page":${JSON.stringify({ first, hasNext: page.hasNext, next })}}`),
    ]);
    const validUntil = Math.min(Infinity, ...shown.map((item) => item.validUntil));
    const link = next === null ? {} : { link: `</v1/products?first=${String(first)}&after=${next}>; rel="next"` };
    return send(request, reply, { body, etag: etagOf(body), validUntil, degraded: degradedHeader(shown) }, context, now, link);
  });

  function sendProduct(request: FastifyRequest, reply: FastifyReply, shown: Rendered, context: Context, status: string): FastifyReply {
    const headers: Record<string, string> = { 'cache-status': `steward-gateway; ${status}`, 'cache-tag': `product-${encodeURIComponent(shown.view.id)}` };
    if (shown.language !== null) headers['content-language'] = shown.language;
    const used = context.language === shown.language ? context : { ...context, language: shown.language };
    return send(request, reply, { ...shown, degraded: degradedHeader([shown]) }, used, clock.now(), headers);
  }
}

const COMMA = Buffer.from(',');

export interface Sendable {
  body: Buffer;
  etag: string;
  validUntil: number;
  /** Value of X-Degraded; empty when nothing is. */
  degraded: string;
}

/**
 * Sends an answer or 304, with everything caches and clients want to know of it. Written to the socket's response at once: nine
 * headers through Fastify's reply cost as much as all of the rest, and no hook of ours looks at a sent body.
 */
export function send(request: FastifyRequest, reply: FastifyReply, answer: Sendable, context: Context, now: number, more: Record<string, string> = {}): FastifyReply {
  const headers: Record<string, string | number> = {
    etag: answer.etag,
    'cache-control': cacheControl({ now, validUntil: answer.validUntil, degraded: answer.degraded !== '' }),
    vary: VARY,
    ...more,
  };
  const echo = contextText(context);
  if (echo !== '') headers['steward-context'] = echo;
  if (answer.degraded !== '') headers['x-degraded'] = answer.degraded;
  reply.hijack();
  if (matches(request.headers['if-none-match'], answer.etag)) {
    reply.raw.writeHead(304, headers).end();
    return reply;
  }
  headers['content-type'] = 'application/json; charset=utf-8';
  headers['content-length'] = answer.body.length;
  reply.raw.writeHead(200, headers).end(answer.body);
  return reply;
}

/** `availability;reason=stale`: each degraded field once, whichever product it is in. */
export function degradedHeader(shown: readonly Pick<Rendered, 'degraded'>[]): string {
  if (shown.every(({ degraded }) => degraded.length === 0)) return '';
  return [...new Set(shown.flatMap(({ degraded }) => degraded.map(({ field, reason }) => `${field};reason=${reason}`)))].join(', ');
}

function unknownProduct(sku: string): RejectedError {
  return new RejectedError('GATEWAY_PRODUCT_UNKNOWN', `no product and no variant ${JSON.stringify(sku.slice(0, 100))}`, {
    place: '/sku',
    accepted: "a product's id or a variant's SKU",
  });
}
