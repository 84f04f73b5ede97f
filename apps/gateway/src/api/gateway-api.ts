/**
 * The API process: storefront on its own port, probes and metrics on the health port. Invariants:
 *   1. It needs PostgreSQL to start and to learn of changes; what it has in memory it serves without (I7).
 *   2. Ready depends on nothing but the process itself.
 *   3. It listens for changes before it takes requests: nothing it caches can be older than what it hears.
 */
import { beginLife, Heartbeat } from '@steward/event-bus';
import { createService, issuerOf, listenTo, openDatabase, watchEventLoop, type Clock, type Logger, type Service } from '@steward/platform';
import type { AddressInfo } from 'node:net';
import { LiveCategories } from '../category/live-categories';
import { migrations } from '../database/migrations';
import { CacheUpkeep } from '../document-cache/cache-upkeep';
import { DocumentCache } from '../document-cache/document-cache';
import type { ApiEnv } from '../env';
import { LiveFreshness } from '../freshness/live-freshness';
import { readTrustedDocuments } from '../graphql/documents';
import { CheckoutLimit } from '../checkout/checkout-limit';
import { authenticator } from '../identity/tokens';
import { readPage } from '../listing/listing.queries';
import { Listings } from '../listing/listings';
import { DOCUMENT_CHANNEL } from '../product/document.store';
import { documentQueries } from '../product/documents.queries';
import { NEWS_CHANNEL } from '../news/notify';
import { Watch } from '../news/watch';
import { LivePromotions } from '../promotion/live-promotions';
import { gatewayRelease } from '../release';
import { promiseKeysFor } from '../promise/promise-keys';
import { Contexts } from '../storefront/context';
import { createStorefront } from '../storefront/storefront';
import { Leaving } from './leaving';

/** A read by key takes a millisecond; what takes longer than this is a database in trouble, and the shopper shouldn't wait for it. */
const READ_WITHIN_MS = 2_000;

export interface GatewayApi extends Service {
  /** http://host:port of the storefront. */
  readonly storefrontUrl: string;
  readonly cache: DocumentCache;
}

class ApiModule {}

export async function createGatewayApi(env: ApiEnv, { lateMs, ...options }: { clock?: Clock; logger?: Logger; lateMs?: () => number } = {}): Promise<GatewayApi> {
  let storefrontUrl = '';
  let documents: DocumentCache | undefined;
  const service = await createService({
    name: 'gateway-api',
    env,
    module: () => ApiModule,
    configure: async (_app, { logger, clock, readiness, shutdown }) => {
      const trusted = readTrustedDocuments(env.STEWARD_GATEWAY_DOCUMENTS);
      const database = await openDatabase({ url: env.DATABASE_URL, name: 'gateway-api', migrations, logger, statementTimeoutMs: READ_WITHIN_MS });
      shutdown.onClose('database', () => database.close());
      await beginLife(database, logger);
      // It has no broker to say it at: the projector tells of it too.
      const heart = new Heartbeat({ ...gatewayRelease('gateway-api'), port: env.STEWARD_HEALTH_PORT, database, clock, logger });
      heart.start();
      shutdown.onClose('heart', () => heart.stop());
      const queries = documentQueries(database);
      const freshness = new LiveFreshness();
      const categories = new LiveCategories();
      const promotions = new LivePromotions();
      const cache = new DocumentCache({ queries, freshness, clock });
      documents = cache;
      const listings = new Listings({ read: (question) => readPage(database, question), cache, freshness, categories, clock });
      const keeper = new CacheUpkeep({ database, queries, cache, freshness, categories, promotions, clock, logger });
      const watch = new Watch();
      const listener = await listenTo(
        env.DATABASE_URL,
        { [DOCUMENT_CHANNEL]: (payload) => keeper.hear(payload), [NEWS_CHANNEL]: (payload) => watch.hear(payload) },
        {
          name: 'gateway-api',
          logger,
          onReconnect: () => {
            keeper.listening();
            watch.wakeAll();
          },
        },
      );
      shutdown.onClose('listener', () => listener.stop());
      keeper.listening();
      await keeper.settled();
      keeper.start();
      shutdown.onDrain('cache upkeep', () => keeper.stop());

      const authenticate = authenticator(issuerOf(env, { clock, logger, ahead: true }), clock);
      const keys = await promiseKeysFor(env.STEWARD_PROMISE_KEYS, env.STEWARD_MODE, logger);
      const development = env.STEWARD_MODE !== 'production';
      const eventLoop = watchEventLoop();
      shutdown.onClose('event loop', () => eventLoop.stop());
      const storefront = await createStorefront({
        reading: { cache, listings, freshness, categories, contexts: new Contexts(env.STEWARD_GATEWAY_MARKETS), clock },
        catalogue: queries,
        ordering: { database, watch, limit: new CheckoutLimit(env.STEWARD_GATEWAY_CHECKOUT_RATE_LIMIT, clock), reservations: { mostPieces: env.STEWARD_GATEWAY_RESERVATION_PIECES, mostMs: env.STEWARD_GATEWAY_RESERVATION_TTL_MS } },
        selling: { keys, promotions, promiseTtlMs: env.STEWARD_PROMISE_TTL_MS, shippingRates: env.STEWARD_GATEWAY_SHIPPING },
        rateLimit: env.STEWARD_GATEWAY_RATE_LIMIT,
        shedding: { lateMs: lateMs ?? eventLoop.lateMs, beyondMs: env.STEWARD_GATEWAY_SHED_MS },
        proxies: env.STEWARD_GATEWAY_PROXIES,
        authenticate,
        addresses: { product: env.STEWARD_GATEWAY_PRODUCT_PAGE, category: env.STEWARD_GATEWAY_CATEGORY_PAGE },
        policy: {
          trusted,
          introspection: development,
          free: env.STEWARD_GATEWAY_FREE_DOCUMENTS === undefined ? development : env.STEWARD_GATEWAY_FREE_DOCUMENTS === 'on',
        },
        explorer: development,
        logger,
        ready: () => Object.keys(readiness.reasons()).length === 0,
      });
      const leaving = new Leaving(storefront);
      await storefront.listen({ port: env.STEWARD_GATEWAY_PORT, host: env.STEWARD_GATEWAY_HOST });
      shutdown.onDrain('storefront', () => leaving.close());
      shutdown.onDrain('waiting for news', () => watch.close());
      const { address, port, family } = storefront.server.address() as AddressInfo;
      storefrontUrl = `http://${family === 'IPv6' ? `[${address}]` : address}:${String(port)}`;
      logger.info({ url: storefrontUrl }, 'storefront open');
    },
    ...options,
  });
  if (documents === undefined) throw new Error('the storefront was not configured');
  return { ...service, storefrontUrl, cache: documents };
}
