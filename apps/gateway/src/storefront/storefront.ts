import fastify, { type FastifyError, type FastifyInstance, type FastifyRequest } from 'fastify';
import { currentTraceparent, EventStreams, histogram, observeTraced, RejectedError, sendProblem, StewardError, toProblem, type Logger } from '@steward/platform';
import { shedWhenLate, type Shedding } from '../api/shed';
import { aftersaleRoutes } from '../aftersale/aftersale.routes';
import { cartRoutes } from '../cart/cart.routes';
import type { Selling } from '../cart/preview';
import { customerRoutes } from '../customer/customers.routes';
import type { Addresses } from '../feeds/addresses';
import { feedRoutes, type Catalogue } from '../feeds/feeds.routes';
import type { DocumentPolicy } from '../graphql/documents';
import { graphqlRoutes } from '../graphql/graphql.routes';
import { explorerRoute } from '../graphql/explorer';
import { identify } from '../identity/authenticate';
import type { Authenticate } from '../identity/tokens';
import { checkoutRoutes } from '../checkout/checkout.routes';
import type { CheckoutLimit } from '../checkout/checkout-limit';
import { openapiRoutes } from '../openapi/openapi.routes';
import { orderRoutes } from '../order/orders.routes';
import type { Ordering } from '../checkout/place-order';
import type { ReservationLimits } from '../reservation/reservation.input';
import { reservationRoutes } from '../reservation/reservations.routes';
import { fromFastify, hintAt } from './problem';
import { limitRates } from './rate-limit';
import type { Reading } from './reading';
import { restRoutes } from './rest.routes';

export interface StorefrontOptions {
  reading: Reading;
  catalogue: Catalogue;
  selling: Omit<Selling, 'reading'>;
  ordering: Pick<Ordering, 'database' | 'watch'> & { limit: CheckoutLimit; reservations: ReservationLimits };
  addresses: Addresses;
  /** Points a client may spend in a minute, 0 = any number. */
  rateLimit: number;
  shedding: Shedding;
  proxies: number;
  authenticate: Authenticate;
  policy: DocumentPolicy;
  explorer: boolean;
  logger: Logger;
  ready: () => boolean;
}

const ROUTES = 'GET /v1/products/{sku}, GET /v1/products, GET /v1/products/{sku}/json-ld, GET /v1/categories/{id}, GET /v1/categories, POST /v1/price-preview, POST /v1/reservations, GET /v1/reservations/{id}, DELETE /v1/reservations/{id}, POST /v1/orders, GET /v1/orders, GET /v1/orders/{id}, GET /v1/orders/{id}/events, POST /v1/orders/{id}/cancel, POST /v1/orders/{id}/returns, GET /v1/customer, POST /graphql, GET /sitemap.xml, GET /feeds/{market}/{language}/merchant.xml, GET /livez, GET /readyz';

/** The storefront's own HTTP server: Fastify without Nest, because a read from memory should cost little more than the socket. */
export async function createStorefront({ reading, catalogue, selling, ordering, addresses, rateLimit, shedding, proxies, authenticate, policy, explorer, logger, ready }: StorefrontOptions): Promise<FastifyInstance> {
  const app = fastify({
    logger: false,
    bodyLimit: 16 * 1024,
    requestTimeout: 10_000,
    keepAliveTimeout: 65_000, // above the 60 s at which usual load balancers close idle connections
    forceCloseConnections: 'idle',
    // With nobody to trust, Fastify takes the socket's address without looking at headers.
    trustProxy: proxies > 0 && ((_address, hop) => hop < proxies),
    routerOptions: { maxParamLength: 2_000, ignoreTrailingSlash: true },
    frameworkErrors: (error, _request, reply) => {
      void sendProblem(reply, toProblem(new RejectedError('GATEWAY_ROUTE_UNKNOWN', error.message, { place: '/path', accepted: ROUTES })));
    },
  });

  shedWhenLate(app, shedding);
  limitRates(app, rateLimit, reading.clock);
  // After the limit: a flood of made-up tokens costs its sender points before it costs us signatures.
  identify(app, authenticate);
  const seconds = histogram('steward_http_request_seconds', 'Requests of the storefront', ['route', 'method', 'status']);
  // Looking a series up by its labels costs more than counting; there are few, so each is looked up once.
  const series = new Map<string, { observe: (value: number) => void }>();
  // Asked while it is active: what runs when the answer has gone may belong to another request.
  const traces = new WeakMap<FastifyRequest, string>();
  app.addHook('onRequest', (request, _reply, done) => {
    const traceparent = currentTraceparent();
    if (traceparent !== null) traces.set(request, traceparent);
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    const [route, method, status] = [request.routeOptions.url ?? 'none', request.method, String(reply.raw.statusCode)];
    const name = `${route} ${method} ${status}`;
    let one = series.get(name);
    if (one === undefined) series.set(name, (one = seconds.labels({ route, method, status })));
    const took = reply.elapsedTime / 1_000;
    if (!observeTraced(seconds, { route, method, status }, took, traces.get(request))) one.observe(took);
    done();
  });

  app.setErrorHandler((error: FastifyError, _request, reply) => {
    const problem = toProblem(fromFastify(error));
    hintAt(reply, problem.status, problem.code);
    if (problem.status === 500) logger.error({ err: error, traceId: problem.traceId }, 'request failed');
    return sendProblem(reply, problem);
  });
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, toProblem(new RejectedError('GATEWAY_ROUTE_UNKNOWN', `${request.method} ${request.url.slice(0, 200)}`, { place: '/path', accepted: ROUTES }))),
  );

  // Nothing behind this process is asked: an orchestrator that restarts it because a database is down makes things worse.
  app.get('/livez', (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'ok' }));
  app.get('/readyz', (_request, reply) =>
    reply.code(ready() ? 200 : 503).header('cache-control', 'no-store').send({ status: ready() ? 'ok' : 'stopping' }),
  );
  restRoutes(app, reading);
  const checkout = { selling: { reading, ...selling }, database: ordering.database, watch: ordering.watch, clock: reading.clock, limits: ordering.reservations };
  await cartRoutes(app, checkout);
  await reservationRoutes(app, checkout, ordering.limit);
  await checkoutRoutes(app, checkout, ordering.limit);
  const streams = new EventStreams((most) => new StewardError('ORDER_STREAMS_FULL', `${String(most)} are open`));
  orderRoutes(app, checkout, streams);
  await aftersaleRoutes(app, checkout, ordering.limit);
  await customerRoutes(app, checkout, ordering.limit);
  feedRoutes(app, reading, catalogue, addresses);
  await graphqlRoutes(app, { reading, addresses, policy, logger, ordering: checkout, limit: ordering.limit, streams });
  await openapiRoutes(app, explorer);
  if (explorer) explorerRoute(app);
  return app;
}
