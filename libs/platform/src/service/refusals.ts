import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sendProblem, toProblem } from '../errors/problem';
import { RejectedError, StewardError } from '../errors/steward-error';
import type { Logger } from '../log/logger';

interface Refusals {
  /** Before the first route is mounted: an unknown address is answered with the known ones. */
  readonly watch: (server: FastifyInstance) => void;
  /** For an address that can't be read at all. */
  readonly badAddress: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => void;
  /** Nest asks it for an unknown address, and for whatever a parser or a route throws. */
  readonly filter: ExceptionFilter<Error>;
}

/** What the service's port answers besides its routes: problem+json, like every other door. */
export function createRefusals(logger: Logger): Refusals {
  const routes: string[] = [];

  function answer(error: Error, status: number, { method, url }: FastifyRequest, reply: FastifyReply): void {
    if (status === 404) {
      const unknown = new RejectedError('SERVICE_ROUTE_UNKNOWN', `${method} ${url.slice(0, 200)}`, { place: '/path', accepted: routes.join(', ') });
      sendProblem(reply, toProblem(unknown));
    } else if (status < 500) {
      const refused = new RejectedError('SERVICE_REQUEST_REFUSED', error.message, { place: '', accepted: 'a well-formed HTTP request' });
      sendProblem(reply, { ...toProblem(refused), status });
    } else {
      const problem = toProblem(error instanceof StewardError ? error : new StewardError('SERVICE_FAILED'));
      logger.error({ err: error, traceId: problem.traceId }, 'a request failed');
      sendProblem(reply, problem);
    }
  }

  return {
    watch: (server) => {
      server.addHook('onRoute', ({ method, url }) => {
        if (method !== 'HEAD') routes.push(`${String(method)} ${url}`); // HEAD comes with every GET
      });
    },
    badAddress: (error, request, reply) => answer(error, 404, request, reply),
    filter: {
      catch: (error, host: ArgumentsHost) => {
        const http = host.switchToHttp();
        const status = 'getStatus' in error && typeof error.getStatus === 'function' ? Number(error.getStatus()) : 500;
        answer(error, status, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
      },
    },
  };
}
