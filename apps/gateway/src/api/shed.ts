/**
 * What is turned away when this process is late (R3): first what costs much and can wait (lists, searches, feeds), then pages, then the
 * checkout, which nobody comes back to. Before anything else is done for a request: a refusal that costs as much as an answer saves nothing.
 */
import type { FastifyInstance } from 'fastify';
import { counter, StewardError } from '@steward/platform';

export interface Shedding {
  /** How late the event loop is, in milliseconds. */
  readonly lateMs: () => number;
  /** How late it may be before lists are turned away; 0 = nothing ever is. */
  readonly beyondMs: number;
}

/** Multiples of what lists are turned away at. */
const patience = { list: 1, page: 3, checkout: 10 } as const;
type Lane = keyof typeof patience;

const checkout = /^\/(v1\/(orders|reservations|price-preview|customer)|\.well-known\/)/;
/** GraphQL too: what a document asks for is known only when it is read, and its cost is limited by itself. */
const pages = /^\/(v1\/(products\/:sku|categories)|graphql$)/;
const probes = /^\/(livez|readyz)$/;

export function shedWhenLate(app: FastifyInstance, { lateMs, beyondMs }: Shedding): void {
  if (beyondMs === 0) return;
  const shed = counter('steward_shed_total', 'Calls turned away because dearer ones wait or the process is late (R3)', ['dependency', 'lane']);
  app.addHook('onRequest', (request, reply, done) => {
    const route = request.routeOptions.url ?? '';
    const lane = laneOf(route);
    const late = lateMs();
    if (late <= beyondMs * patience[lane] || probes.test(route)) return done();
    shed.inc({ dependency: 'storefront', lane });
    // Not all at the same moment again.
    void reply.header('retry-after', String(1 + Math.floor(Math.random() * 5)));
    done(new StewardError('GATEWAY_OVERLOADED', `${Math.round(late)} ms late`));
  });
}

export function laneOf(route: string): Lane {
  if (checkout.test(route)) return 'checkout';
  return pages.test(route) ? 'page' : 'list';
}
