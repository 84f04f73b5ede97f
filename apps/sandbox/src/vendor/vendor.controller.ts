// The vendors' own APIs, read and written by the adapters. What each can do is data; how a call is taken is the desk's.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Api } from './operations';
import { createDesk, type VendorParts } from './desk';

/** `at` says below which addresses the API lies, and as what its operations name that place. */
export interface Mounted {
  readonly api: Api;
  readonly at: Readonly<Record<string, string>>;
}

export function mountVendors(server: FastifyInstance, parts: VendorParts, mounted: readonly Mounted[]): void {
  // A scope of its own: bodies stay text, because a vendor that can't read one says so in its own words and counts the call.
  void server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, text, done) => done(null, text));
    const desk = createDesk(parts);
    for (const { api, at } of mounted) {
      for (const [root, named] of Object.entries(at)) scope.all(`${root}/*`, (request, reply) => desk(api, named + pathOf(request).slice(root.length), request, reply));
    }
  });
}

function pathOf(request: FastifyRequest): string {
  return (request.raw.url ?? '').split('?', 1)[0] ?? '';
}
