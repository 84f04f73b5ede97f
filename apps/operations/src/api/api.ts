/** The HTTP server of /ops/v1: Fastify without Nest, as the storefront's. Who asks is known before any route sees the request. */
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { histogram, RejectedError, sendProblem, StewardError, toProblem, tokenVerifier, traceId, type Clock, type Database, type Issuer, type Logger } from '@steward/platform';
import { audited, PLATFORM } from '../audit/audited';
import { readBody, readQuery, Refusal } from './input';
import { openapiRoutes } from './openapi';
import { rateLimit } from './rate-limit';
import { holds, operatorOf, type Operator, type Role } from './roles';
import { Answer, type Asking, type Route } from './route';

export interface ApiOptions {
  readonly routes: readonly Route[];
  readonly database: Database;
  readonly issuer: Issuer | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Requests somebody may make in a minute, 0 = any number. */
  readonly rateLimit: number;
  /** Serve a page to read and try it. */
  readonly explorer: boolean;
}

export const PREFIX = '/ops/v1';

/** An edit of a payload is the largest of bodies; the broker takes messages of 1 MiB. */
const BODY_LIMIT = 1024 * 1024;

export async function createApi({ routes, database, issuer, clock, logger, rateLimit: most, explorer }: ApiOptions): Promise<FastifyInstance> {
  const app = fastify({
    logger: false,
    bodyLimit: BODY_LIMIT,
    requestTimeout: 30_000,
    keepAliveTimeout: 65_000, // above the 60 s at which usual load balancers close idle connections
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 500, ignoreTrailingSlash: true },
    frameworkErrors: (error, request, reply) => void refuse(unknownRoute(request, error.message), request, reply),
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  const verify = tokenVerifier(issuer, clock);
  const limit = rateLimit(most, clock);
  const seconds = histogram('steward_operations_request_seconds', 'Requests of the API of operations', ['route', 'method', 'status']);
  app.addHook('onResponse', (request, reply, done) => {
    seconds.labels({ route: request.routeOptions.url ?? 'none', method: request.method, status: String(reply.raw.statusCode) }).observe(reply.elapsedTime / 1_000);
    done();
  });
  app.setErrorHandler((error: FastifyError, request, reply) => refuse(error, request, reply));
  app.setNotFoundHandler((request, reply) => refuse(unknownRoute(request), request, reply));

  for (const route of routes) {
    app.route({
      method: route.method,
      url: PREFIX + route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      exposeHeadRoute: false,
      handler: async (request, reply) => {
        const asking = await askingOf(route, request, reply);
        return send(reply, route, await route.handle(asking));
      },
    });
  }
  await openapiRoutes(app, routes, explorer);
  return app;

  /** In this order: who, how often, which right, what. Whoever may not ask doesn't learn what would be accepted. */
  async function askingOf(route: Route, request: FastifyRequest, reply: FastifyReply): Promise<Asking> {
    const { authorization } = request.headers;
    if (authorization === undefined) throw new RejectedError('IDENTITY_REQUIRED', 'the request has no token', { place: 'authorization', accepted: 'Bearer <token of the issuer>' });
    const verified = await verify(authorization);
    if (verified.kind === 'unverified') throw verified.reason;
    const who = operatorOf(verified.claims);
    limit(who.id);
    const trace = traceId();
    request.traceId = trace;
    const params = request.params as Record<string, string>;
    const allow = (role: Role, owner: string | undefined, subject: string) => need(who, role, owner, { act: route.operationId, subject, trace });
    await allow(route.role, undefined, `${request.method} ${request.url.split('?')[0] ?? ''}`);
    const query = readQuery(request.query, route.query);
    return { who, params, query, body: readBody(request.body, route.body), traceId: trace, allow, request, reply };
  }

  /** A denial is audited too: somebody who tries doors is a thing to know. */
  async function need(who: Operator, role: Role, owner: string | undefined, { act, subject, trace }: { act: string; subject: string; trace: string }): Promise<void> {
    if (holds(who, role, owner)) return;
    const wanted = `${role}:${owner ?? '<owner>'}`;
    await database.transaction((tx) => audited(tx, { who, owner: owner ?? PLATFORM, act, subject: subject.slice(0, 500), outcome: 'denied', reason: null, after: { needs: wanted }, traceId: trace }));
    throw new RejectedError('OPERATIONS_ROLE_MISSING', `${who.name} has no role ${wanted}`, { place: 'authorization', accepted: `a token with ${wanted} in steward_roles` });
  }

  function refuse(thrown: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const error = fromFastify(thrown);
    const made = error instanceof Refusal ? error.problem() : toProblem(error);
    const problem = { ...made, traceId: request.traceId ?? made.traceId };
    if (problem.status === 401) void reply.header('www-authenticate', problem.code === 'IDENTITY_REQUIRED' ? 'Bearer' : 'Bearer error="invalid_token"');
    if (problem.status === 429) void reply.header('retry-after', '60');
    if (problem.status === 500) logger.error({ err: thrown, traceId: problem.traceId }, 'a request failed');
    return sendProblem(reply, problem);
  }
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Of the request, once it is known who asks. */
    traceId?: string;
  }
}

function send(reply: FastifyReply, route: Route, result: unknown): FastifyReply {
  if (result === reply || reply.sent) return reply;
  const { status, body } = result instanceof Answer ? result : new Answer(route.status, result);
  return reply.code(status).header('cache-control', 'no-store').type('application/json; charset=utf-8').send(JSON.stringify(body));
}

const unknownRoute = ({ method, url }: FastifyRequest, detail?: string): RejectedError =>
  new RejectedError('OPERATIONS_ROUTE_UNKNOWN', detail ?? `${method} ${url.slice(0, 200)}`, { place: '/path', accepted: `an address of GET ${PREFIX}/openapi.json` });

/** What is not ours says nothing of its inside to the outside. */
function fromFastify(error: FastifyError | Error): StewardError {
  if (error instanceof StewardError) return error;
  const { code, statusCode } = error as Partial<FastifyError>;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new RejectedError('OPERATIONS_BODY_TOO_LARGE', error.message, { place: '', accepted: `at most ${String(BODY_LIMIT)} bytes` });
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return new RejectedError('OPERATIONS_INPUT_REFUSED', error.message, { place: 'content-type', accepted: 'application/json' });
  return statusCode !== undefined && statusCode < 500 ? new RejectedError('OPERATIONS_INPUT_REFUSED', error.message, { place: '', accepted: 'a well-formed HTTP request' }) : new StewardError('OPERATIONS_FAILED', undefined, { cause: error });
}
