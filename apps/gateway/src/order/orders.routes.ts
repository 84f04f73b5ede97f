import type { FastifyInstance, FastifyRequest } from 'fastify';
import { eventText, type Database, type EventStreams } from '@steward/platform';
import { customerOf } from '../identity/identity';
import { firstOf, linkToNext, onlyKnown } from '../storefront/arguments';
import { spend } from '../storefront/rate-limit';
import { sendPrivate } from '../storefront/send';
import { orderUpdates, type Following } from './order-updates';
import type { Watch } from '../news/watch';
import { ownOrder, type Asking } from './order-access';
import { ordersOf } from './order-list';
import { toOrderView } from './order-view';

const TOKEN_HEADER = 'steward-order-token';

export function orderRoutes(app: FastifyInstance, { database, watch }: { database: Database; watch: Watch }, streams: EventStreams): void {
  app.get<{ Querystring: Readonly<Record<string, unknown>> }>('/v1/orders', async (request, reply) => {
    const { customerId } = customerOf(request.identity);
    onlyKnown(request.query, ['first', 'after']);
    const first = firstOf(request.query['first']);
    spend(request, first);
    const { items, next } = await ordersOf(database, customerId, first, request.query['after']);
    if (next !== null) void reply.header('link', linkToNext(request.url, next));
    return sendPrivate(reply, 200, { items: items.map(({ order }) => toOrderView(order)), page: { first, hasNext: next !== null, next } });
  });

  app.get<{ Params: { id: string } }>('/v1/orders/:id', async (request, reply) => {
    onlyKnown(request.query as Record<string, unknown>, []);
    const found = await ownOrder(database, request.params.id, askingOf(request));
    return sendPrivate(reply, 200, { ...toOrderView(found), ...(found.byCustomer ? { contact: found.contact } : {}) });
  });

  // No HEAD: there is no stream without its body.
  app.get<{ Params: { id: string } }>('/v1/orders/:id/events', { exposeHeadRoute: false }, async (request, reply) => {
    onlyKnown(request.query as Record<string, unknown>, []);
    const { state } = await ownOrder(database, request.params.id, askingOf(request));
    // Whoever comes back names what they have seen.
    const seen = /^[0-9]{1,15}$/.exec(String(request.headers['last-event-id'] ?? ''))?.[0];
    return streams.serve(reply, (signal) => events({ database, watch, orderId: state.orderId, signal, ...(seen === undefined ? {} : { after: Number(seen) }) }));
  });
}

async function* events(following: Following): AsyncGenerator<string> {
  for await (const found of orderUpdates(following)) yield eventText('order', JSON.stringify(toOrderView(found)), String(found.version));
}

export function askingOf(request: FastifyRequest): Asking {
  return { identity: request.identity, token: request.headers[TOKEN_HEADER] };
}
