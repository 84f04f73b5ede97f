import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Database } from '@steward/platform';
import { onlyKnown } from '../storefront/arguments';
import { sendPrivate } from '../storefront/send';
import { ownOrder, type Asking } from './order-access';
import { toOrderView } from './order-view';

const TOKEN_HEADER = 'steward-order-token';

export function orderRoutes(app: FastifyInstance, { database }: { database: Database }): void {
  app.get<{ Params: { id: string } }>('/v1/orders/:id', async (request, reply) => {
    onlyKnown(request.query as Record<string, unknown>, []);
    const found = await ownOrder(database, request.params.id, askingOf(request));
    return sendPrivate(reply, 200, { ...toOrderView(found), ...(found.byCustomer ? { contact: found.contact } : {}) });
  });
}

export function askingOf(request: FastifyRequest): Asking {
  return { identity: request.identity, token: request.headers[TOKEN_HEADER] };
}
