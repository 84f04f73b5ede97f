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
    if (next !== null) void reply.header('link', `</v1/products?first=${String(first)}&after=${next}>; rel="next"`);
    const validUntil = Math.min(Infinity, ...shown.map((item) => item.validUntil));
    return send(request, reply, { body, etag: etagOf(body), validUntil, degraded: degradedHeader(shown) }, context, now);
  });

  function sendProduct(request: FastifyRequest, reply: FastifyReply, shown: Rendered, context: Context, status: string): FastifyReply {
    void reply.header('cache-status', `steward-gateway; ${status}`).header('cache-tag', `product-${encodeURIComponent(shown.view.id)}`);
    if (shown.language !== null) void reply.header('content-language', shown.language);
    return send(request, reply, { ...shown, degraded: degradedHeader([shown]) }, { ...context, language: shown.language }, clock.now());
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

/** Sends an answer or 304, with everything caches and clients want to know of it. */
export function send(request: FastifyRequest, reply: FastifyReply, answer: Sendable, context: Context, now: number): FastifyReply {
  const control = cacheControl({ now, validUntil: answer.validUntil, degraded: answer.degraded !== '' });
  void reply.header('etag', answer.etag).header('cache-control', control).header('vary', VARY);
  const echo = contextText(context);
  if (echo !== '') void reply.header('steward-context', echo);
  if (answer.degraded !== '') void reply.header('x-degraded', answer.degraded);
  if (matches(request.headers['if-none-match'], answer.etag)) return reply.code(304).send();
  return reply.header('content-type', 'application/json; charset=utf-8').send(answer.body);
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
