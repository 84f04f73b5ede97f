import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { showCategories, type ShownCategories } from '../category/category-view';
import { etagOf, type Rendered } from '../document-cache/cached-document';
import { groupOf } from '../identity/identity';
import { incompleteList, unknownCategory } from '../listing/listings';
import { firstOf, linkToNext, onlyKnown, unknownProduct } from './arguments';
import type { Context } from './context';
import { criteriaOfQuery, listParameters } from './list-query';
import { spend } from './rate-limit';
import type { Reading } from './reading';
import { degradedHeader, send } from './send';

type Query = Readonly<Record<string, unknown>>;

export function restRoutes(app: FastifyInstance, reading: Reading): void {
  const { cache, listings, freshness, categories, contexts, clock } = reading;

  app.get<{ Params: { sku: string }; Querystring: Query }>('/v1/products/:sku', (request, reply) => {
    onlyKnown(request.query, []);
    const { sku } = request.params;
    const context = contexts.ofHeaders(request.headers, groupOf(request.identity));
    const kept = cache.peek(sku);
    // The usual case stays off the promise queue.
    if (kept !== undefined) return sendProduct(request, reply, kept.rendered(context, reading, clock.now()), context, 'hit');
    return cache.find(sku).then((found) => {
      if (found === undefined) throw unknownProduct(sku);
      return sendProduct(request, reply, found.rendered(context, reading, clock.now()), context, found.outdated ? 'hit; detail=outdated' : 'fwd=miss');
    });
  });

  app.get<{ Querystring: Query }>('/v1/products', async (request, reply) => {
    onlyKnown(request.query, listParameters);
    const first = firstOf(request.query['first']);
    spend(request, first);
    const context = contexts.ofHeaders(request.headers, groupOf(request.identity));
    const { items, hasNext, incomplete } = await listings.page(criteriaOfQuery(request.query), context, first, request.query['after']);
    const now = clock.now();
    const shown = items.map(({ cached }) => cached.rendered(context, reading, now));
    const next = hasNext ? (items.at(-1)?.cursor ?? null) : null;
    const end = `],"page":${JSON.stringify({ first, hasNext, next })}}`;
    const body = Buffer.concat([ITEMS, ...shown.flatMap(({ body: item }, index) => (index === 0 ? [item] : [COMMA, item])), Buffer.from(end)]);
    // As strong as a hash of the body: its parts' own hashes decide its bytes.
    const etag = etagOf(shown.map((item) => item.etag).join('') + end);
    const validUntil = Math.min(Infinity, ...shown.map((item) => item.validUntil));
    const link: Record<string, string> = next === null ? {} : { link: linkToNext(request.url, next) };
    return send(request, reply, { body, etag, validUntil, degraded: degradedHeader([...(incomplete ? [incompleteList] : []), ...shown.flatMap(({ degraded }) => degraded)]) }, context, now, link);
  });

  app.get<{ Querystring: Query }>('/v1/categories', (request, reply) => {
    onlyKnown(request.query, []);
    const context = contexts.ofHeaders(request.headers, groupOf(request.identity));
    const now = clock.now();
    const shown = showCategories(categories.tree.roots, context.language, { known: freshness.current, tree: categories.tree }, now);
    return sendCategories(request, reply, { items: shown.categories }, shown, context, now);
  });

  app.get<{ Params: { id: string }; Querystring: Query }>('/v1/categories/:id', (request, reply) => {
    onlyKnown(request.query, []);
    const context = contexts.ofHeaders(request.headers, groupOf(request.identity));
    const node = categories.tree.find(request.params.id);
    if (node === undefined) throw unknownCategory(request.params.id);
    const now = clock.now();
    const shown = showCategories([node], context.language, { known: freshness.current, tree: categories.tree }, now);
    return sendCategories(request, reply, shown.categories[0], shown, context, now);
  });

  function sendCategories(request: FastifyRequest, reply: FastifyReply, content: unknown, { degraded, validUntil }: ShownCategories, context: Context, now: number): FastifyReply {
    const body = Buffer.from(JSON.stringify(content));
    return send(request, reply, { body, etag: etagOf(body), validUntil, degraded: degradedHeader(degraded) }, context, now, { 'cache-tag': 'categories' });
  }

  function sendProduct(request: FastifyRequest, reply: FastifyReply, shown: Rendered, context: Context, status: string): FastifyReply {
    const headers: Record<string, string> = { 'cache-status': `steward-gateway; ${status}`, 'cache-tag': `product-${encodeURIComponent(shown.view.id)}` };
    if (shown.language !== null) headers['content-language'] = shown.language;
    const used = shown.language === null || context.language === shown.language ? context : { ...context, language: shown.language };
    return send(request, reply, { ...shown, degraded: degradedHeader(shown.degraded) }, used, clock.now(), headers);
  }
}

const ITEMS = Buffer.from('{"items":[');
const COMMA = Buffer.from(',');
