import fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import { histogram, RejectedError, sendProblem, StewardError, toProblem, type Logger } from '@steward/platform';
import type { DocumentPolicy } from '../graphql/documents';
import { graphqlRoutes } from '../graphql/graphql.routes';
import { explorerRoute } from '../graphql/explorer';
import type { Reading } from '../graphql/resolvers';
import { toStewardError } from './problem';
import { restRoutes } from './rest.routes';

export interface StorefrontOptions {
  reading: Reading;
  policy: DocumentPolicy;
  explorer: boolean;
  logger: Logger;
  ready: () => boolean;
}

const ROUTES = 'GET /v1/products/{sku}, GET /v1/products, POST /graphql, GET /livez, GET /readyz';

/** The storefront's own HTTP server: Fastify without Nest, because a read from memory should cost little more than the socket. */
export async function createStorefront({ reading, policy, explorer, logger, ready }: StorefrontOptions): Promise<FastifyInstance> {
  const app = fastify({
    logger: false,
    bodyLimit: 16 * 1024,
    requestTimeout: 10_000,
    keepAliveTimeout: 65_000, // above the 60 s at which usual load balancers close idle connections
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 2_000, ignoreTrailingSlash: true },
    frameworkErrors: (error, _request, reply) => {
      void sendProblem(reply, toProblem(new RejectedError('GATEWAY_ROUTE_UNKNOWN', error.message, { place: '/path', accepted: ROUTES })));
    },
  });

  const seconds = histogram('steward_http_request_seconds', 'Requests of the storefront', ['route', 'method', 'status']);
  // Looking a series up by its labels costs more than counting; there are few, so each is looked up once.
  const series = new Map<string, { observe: (value: number) => void }>();
  app.addHook('onResponse', (request, reply, done) => {
    const [route, method, status] = [request.routeOptions.url ?? 'none', request.method, String(reply.raw.statusCode)];
    const name = `${route} ${method} ${status}`;
    let one = series.get(name);
    if (one === undefined) series.set(name, (one = seconds.labels({ route, method, status })));
    one.observe(reply.elapsedTime / 1_000);
    done();
  });

  app.setErrorHandler((error: FastifyError, _request, reply) => {
    const problem = toProblem(fromFastify(error));
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
  await graphqlRoutes(app, reading, policy, logger);
  if (explorer) explorerRoute(app);
  return app;
}

function fromFastify(error: FastifyError | StewardError): StewardError {
  if (error instanceof StewardError) return error;
  const detail = error.message;
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new RejectedError('GATEWAY_BODY_TOO_LARGE', detail, { place: '', accepted: 'at most 64 KiB for /graphql' });
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new RejectedError('GATEWAY_MEDIA_TYPE_REFUSED', detail, { place: 'content-type', accepted: 'application/json' });
    default:
      return error.statusCode !== undefined && error.statusCode < 500
        ? new RejectedError('GATEWAY_BODY_REFUSED', detail, { place: '', accepted: 'a well-formed HTTP request' })
        : toStewardError(error);
  }
}
