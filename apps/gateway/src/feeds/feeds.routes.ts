import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { RejectedError, StewardError } from '@steward/platform';
import { CachedDocument, etagOf } from '../document-cache/cached-document';
import { ageOf, budgets } from '../freshness/freshness';
import { groupOf } from '../identity/identity';
import type { DocumentQueries, Found } from '../product/documents.queries';
import { onlyKnown, unknownProduct } from '../storefront/arguments';
import { spend } from '../storefront/rate-limit';
import type { Reading } from '../storefront/reading';
import { degradedHeader, send } from '../storefront/send';
import type { Addresses } from './addresses';
import { jsonLdText } from './json-ld';
import { feedEnd, feedItems, feedStart } from './merchant-feed';
import { categoryEntries, PRODUCTS_PER_SITEMAP, productEntries, sitemapEnd, sitemapIndex, sitemapStart } from './sitemap';

/** Straight from the database: a crawl through all products must not push out of the cache what shoppers look at. */
export type Catalogue = Pick<DocumentQueries, 'count' | 'startOf' | 'walk'>;

const BATCH = 250;
/** A walk through the catalogue costs about as much as a long list. */
const FEED_POINTS = 250;
const XML = 'application/xml; charset=utf-8';
/** A crawler comes by a few times a day. */
const CACHE = 'public, max-age=600, stale-if-error=86400';

export function feedRoutes(app: FastifyInstance, reading: Reading, catalogue: Catalogue, addresses: Addresses): void {
  const { cache, categories, contexts, freshness, clock } = reading;

  app.get<{ Params: { sku: string }; Querystring: Record<string, unknown> }>('/v1/products/:sku/json-ld', async (request, reply) => {
    onlyKnown(request.query, []);
    const context = contexts.ofHeaders(request.headers, groupOf(request.identity));
    const { sku } = request.params;
    const found = await cache.find(sku);
    if (found === undefined) throw unknownProduct(sku);
    const now = clock.now();
    const shown = found.rendered(context, reading, now);
    const body = Buffer.from(jsonLdText(shown.view, context.market, addresses));
    return send(request, reply, { body, etag: etagOf(body), validUntil: shown.validUntil, degraded: degradedHeader(shown.degraded) }, context, now, { 'content-type': 'application/ld+json; charset=utf-8' });
  });

  app.get('/sitemap.xml', async (request, reply) => xml(reply).send(sitemapIndex(`${request.protocol}://${request.host}`, await catalogue.count())));

  app.get('/sitemaps/categories.xml', (_request, reply) => xml(reply).send(sitemapStart + categoryEntries(categories.tree, addresses.category, contexts.markets) + sitemapEnd));

  app.get<{ Params: { part: string } }>('/sitemaps/products-:part.xml', async (request, reply) => {
    const part = /^[1-9][0-9]{0,6}$/.test(request.params.part) ? Number(request.params.part) : Infinity;
    const start = part === 1 ? '' : part === Infinity ? null : await catalogue.startOf((part - 1) * PRODUCTS_PER_SITEMAP - 1);
    spend(request, FEED_POINTS);
    if (start === null) throw new RejectedError('GATEWAY_ROUTE_UNKNOWN', `there is no part ${request.params.part.slice(0, 20)}`, { place: '/path', accepted: 'a part that /sitemap.xml names' });
    return stream(reply, sitemapStart, sitemapEnd, { after: start, most: PRODUCTS_PER_SITEMAP }, (found) => productEntries(found.document, addresses.product, contexts.markets));
  });

  app.get<{ Params: { market: string; language: string } }>('/feeds/:market/:language/merchant.xml', async (request, reply) => {
    const { market, language } = request.params;
    const context = contexts.ofHeaders({ 'steward-market': market, 'steward-language': language }, null);
    spend(request, FEED_POINTS);
    refuseStale();
    return stream(reply, feedStart(market, language), feedEnd, { after: '', most: Infinity }, ({ document }) => {
      // The cached document has its renderings; one that is not there is rendered for the feed alone.
      const cached = cache.peek(document.productId) ?? new CachedDocument(document);
      return feedItems(cached.rendered(context, reading, clock.now()).view, market, addresses.product);
    });
  });

  /** While stock or prices are stale as a whole, a feed would drop every product; whoever fetches it is better off with the one from before. */
  function refuseStale(): void {
    const known = freshness.current;
    for (const [feed, progress, staleAfterMs] of [['stock', known.ofStock(''), budgets.availability], ['prices', known.ofPrices(['']), budgets.price]] as const)
      if (ageOf({ now: clock.now(), changedAt: null, progress, staleAfterMs }).stale) throw new StewardError('GATEWAY_FEED_STALE', `the feed of ${feed} is stale`);
  }

  /** The first batch is read before the answer begins, so that a database that can't be asked is a 503 and no half document. */
  async function stream(reply: FastifyReply, start: string, end: string, range: { after: string; most: number }, show: (found: Found) => string): Promise<FastifyReply> {
    const first = await catalogue.walk(Math.min(BATCH, range.most), range.after);
    async function* parts(): AsyncGenerator<string> {
      yield start;
      let left = range.most;
      for (let batch = first; batch.length > 0; batch = left > 0 ? await catalogue.walk(Math.min(BATCH, left), batch.at(-1)?.document.productId ?? null) : []) {
        left -= batch.length;
        yield batch.map(show).join('');
      }
      yield end;
    }
    return xml(reply).send(Readable.from(parts()));
  }
}

const xml = (reply: FastifyReply): FastifyReply => reply.header('content-type', XML).header('cache-control', CACHE);
