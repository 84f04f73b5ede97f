import { RejectedError, sendProblem, toProblem } from '@steward/platform';
import type { FastifyInstance } from 'fastify';

/** Mounts routes so that their addresses answer every other method with 405 and the methods they have. */
export function refusingOtherMethods(server: FastifyInstance, mount: (scope: FastifyInstance) => void): void {
  // A scope of its own: the routes of other APIs are not its business.
  void server.register(async (scope) => {
    const known = new Map<string, readonly string[]>();
    scope.addHook('onRoute', ({ method, url }) => void known.set(url, [...(known.get(url) ?? []), ...[method].flat()]));
    mount(scope);
    for (const [url, methods] of [...known]) {
      const allow = methods.join(', ');
      scope.route({
        method: scope.supportedMethods.filter((method) => !methods.includes(method)),
        url,
        handler: (request, reply) =>
          sendProblem(reply.header('allow', allow), toProblem(new RejectedError('SANDBOX_METHOD_REFUSED', `${request.method} ${request.url}`, { place: 'method', accepted: allow }))),
      });
    }
  });
}
