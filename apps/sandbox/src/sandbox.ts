import { createServer } from 'node:http';
import fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import { createLogger, problemOf, RejectedError, sendProblem, StewardError, systemClock, toProblem, type Clock, type Logger } from '@steward/platform';
import { createApis } from './apis';
import { mountLevers } from './control/levers.controller';
import { refusingOtherMethods } from './control/other-methods';
import { mountRecords } from './control/records.controller';
import type { SandboxEnv } from './env';
import { mountIdentityControl, mountIssuer } from './identity/identity.controller';
import { createIssuer } from './identity/issuer';
import { Faulty } from './problem';
import { mountChallenges } from './psp/challenge.controller';
import { mountPspControl } from './psp/psp.controller';
import { systemNames } from './records/collections';
import { Store } from './store/store';
import { createAnnouncer } from './vendor/announcer';
import { Calls } from './vendor/calls';
import { Faults } from './vendor/faults';
import { createRateLimit } from './vendor/rate-limit';
import { mountVendors } from './vendor/vendor.controller';
import { Webhooks } from './vendor/webhooks.client';

export interface Sandbox {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** Room for a bulk write of thousands of records, and for the poison record that is too big for the broker. */
const BODY_LIMIT = 64 * 1024 * 1024;
/** Ids may be any string and arrive percent-encoded: Fastify's own limit of 100 characters would answer 404. */
const MAX_PARAM_LENGTH = 16_384;

/** Starts the stand-in systems of record; with port 0 it takes a free one and says which. */
export async function createSandbox(env: SandboxEnv, clock: Clock = systemClock): Promise<Sandbox> {
  const logger = createLogger({ service: 'sandbox', level: 'info' });
  const store = new Store(clock);
  store.open(env.STEWARD_SANDBOX_DATA);
  const webhooks = new Webhooks(env.STEWARD_SANDBOX_WEBHOOKS, env.STEWARD_SANDBOX_WEBHOOK_SECRET, logger);
  const faults = new Faults(clock);
  const calls = new Calls();
  const announce = createAnnouncer(store, faults, webhooks);
  const stopping = new AbortController();
  const server = createHttp(logger);
  // Known once it listens; nobody asks before.
  let url = '';
  const apis = createApis(store, clock, () => url);
  const identity = () => `${url}/identity`;
  const issuer = createIssuer(store, clock, identity);
  const psp = { store, clock, announce, url: () => url };
  refusingOtherMethods(server, (control) => {
    mountRecords(control, store, announce);
    mountLevers(control, { store, faults, calls, clock, announce, apis: apis.map(({ api }) => api) });
    mountPspControl(control, psp);
    mountIdentityControl(control, issuer);
  });
  mountChallenges(server, psp);
  mountIssuer(server, issuer, identity);
  const perSecond = env.STEWARD_SANDBOX_RATE_LIMIT;
  const parts = { store, announce, faults, calls, clock, token: env.STEWARD_SANDBOX_TOKEN, limit: createRateLimit(perSecond, clock), perSecond, stopping: stopping.signal };
  mountVendors(server, parts, apis);
  server.get('/livez', async () => ({ status: 'ok' }));
  server.get('/readyz', async () => ({ status: 'ok' }));
  url = await server.listen({ port: env.STEWARD_SANDBOX_PORT, host: env.STEWARD_SANDBOX_HOST });
  return {
    url,
    stop: async () => {
      stopping.abort();
      await server.close();
      await webhooks.close();
      for (const system of systemNames) faults.clear(system);
      store.close();
    },
  };
}

function createHttp(logger: Logger): FastifyInstance {
  const server = fastify({
    logger: false,
    bodyLimit: BODY_LIMIT,
    // A fault may be holding requests open; a stop doesn't wait for them.
    forceCloseConnections: true,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    serverFactory: (handler) => createServer({ maxHeaderSize: 64 * 1024, keepAliveTimeout: 65_000 }, handler),
  });
  // Plain JSON.parse: poison is planted on purpose, a field called __proto__ too, and nothing here merges objects.
  // A DELETE with a content-type and no body is what many clients send.
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => {
    try {
      done(null, text === '' ? undefined : JSON.parse(text as string));
    } catch (fault) {
      done(new RejectedError('SANDBOX_BODY_INVALID', (fault as Error).message, { place: '', accepted: 'JSON' }));
    }
  });
  server.setErrorHandler<FastifyError | Faulty | StewardError>((error, request, reply) => {
    if (error instanceof Faulty) return sendProblem(reply, problemOf(error.code, error.message, error.places));
    if (error instanceof StewardError) return sendProblem(reply, toProblem(error));
    if (error.statusCode !== undefined && error.statusCode < 500)
      return sendProblem(reply, toProblem(new RejectedError('SANDBOX_BODY_INVALID', error.message, { place: '', accepted: `JSON with content-type application/json, up to ${BODY_LIMIT} bytes` })));
    const problem = problemOf('SANDBOX_BROKEN', 'see the log of the sandbox');
    logger.error({ err: error, method: request.method, url: request.url, traceId: problem.traceId }, 'a request failed');
    return sendProblem(reply, problem);
  });
  server.setNotFoundHandler((request, reply) =>
    sendProblem(reply, toProblem(new RejectedError('SANDBOX_ROUTE_UNKNOWN', `there is no ${request.method} ${request.url}`, { place: '', accepted: 'the routes of apps/sandbox/README.md; GET /_control lists systems and collections' }))),
  );
  return server;
}
