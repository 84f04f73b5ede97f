import type { FastifyInstance } from 'fastify';

/** 200 lines with a promise each are about 130 KiB. */
export const BODY_LIMIT = 256 * 1024;

/** In this scope a body stays text, for our own parser. */
export function jsonBody(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('application/json', { parseAs: 'string', bodyLimit: BODY_LIMIT }, (_request, body, done) => {
    done(null, body);
  });
}
