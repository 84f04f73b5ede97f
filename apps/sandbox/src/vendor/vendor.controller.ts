// The vendors' own APIs, read and written by the adapters. What each can do is data; how a call is taken is the desk's.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Api } from './operations';
import { createDesk, type VendorParts } from './desk';

/** `at` are the first parts of an API's addresses; the rest is looked up below the first of them. */
export interface Mounted {
  readonly api: Api;
  readonly at: readonly string[];
}

export function mountVendors(server: FastifyInstance, parts: VendorParts, mounted: readonly Mounted[]): void {
  // A scope of its own: bodies stay text, because a vendor that can't read one says so in its own words and counts the call.
  void server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, text, done) => done(null, text));
    const desk = createDesk(parts);
    for (const { api, at } of mounted) {
      for (const root of at) scope.all(`${root}/*`, (request, reply) => desk(api, pathOf(request, root, at[0] ?? root), request, reply));
    }
  });
}

function pathOf(request: FastifyRequest, root: string, main: string): string {
  const path = (request.raw.url ?? '').split('?', 1)[0] ?? '';
  return main + path.slice(root.length);
}
