import type { FastifyInstance } from 'fastify';
import { guest, type Identity } from './identity';
import type { Authenticate } from './tokens';

declare module 'fastify' {
  interface FastifyRequest {
    identity: Identity;
  }
}

/** Whoever brings no token is a guest and costs one look-up; a token is checked before any route sees the request. */
export function identify(app: FastifyInstance, authenticate: Authenticate): void {
  app.decorateRequest('identity');
  app.addHook('onRequest', (request, _reply, done) => {
    request.identity = guest;
    const { authorization } = request.headers;
    if (authorization === undefined) {
      done();
      return;
    }
    authenticate(authorization).then((identity) => {
      request.identity = identity;
      done();
    }, done);
  });
}
