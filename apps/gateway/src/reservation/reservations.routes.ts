import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { problemOf, sendProblem } from '@steward/platform';
import type { CheckoutLimit } from '../checkout/checkout-limit';
import { keyedPost } from '../checkout/keyed-post';
import { guest } from '../identity/identity';
import { jsonBody } from '../input/json-body';
import type { Asking } from '../order/order-access';
import { onlyKnown } from '../storefront/arguments';
import { sendRefusal } from '../storefront/problem';
import { sendPrivate } from '../storefront/send';
import { releaseCart } from './release-cart';
import { ownReservation } from './reservation-access';
import { toReservationView } from './reservation-view';
import { reserveCart, type Reserved, type Reserving } from './reserve-cart';

interface OfReservation {
  Params: { id: string };
}

export async function reservationRoutes(app: FastifyInstance, reserving: Reserving, limit: CheckoutLimit): Promise<void> {
  const { database, clock } = reserving;
  await app.register(async (scope) => {
    jsonBody(scope);

    scope.post('/v1/reservations', async (request, reply) => {
      const post = keyedPost(request, reply, reserving.selling.reading.contexts, limit);
      if (!post.ok) return sendRefusal(reply, post);
      return sendReserved(reply, await reserveCart(reserving, post.asked));
    });

    scope.get<OfReservation>('/v1/reservations/:id', async (request, reply) => {
      onlyKnown(request.query as Record<string, unknown>, []);
      return sendPrivate(reply, 200, toReservationView(await ownReservation(database, request.params.id, askingOf(request)), clock.now()));
    });

    scope.delete<OfReservation>('/v1/reservations/:id', async (request, reply) => {
      onlyKnown(request.query as Record<string, unknown>, []);
      const { reservationId } = await ownReservation(database, request.params.id, askingOf(request));
      limit.take(request.identity.kind === 'unverified' ? guest : request.identity, request, reply);
      await releaseCart(database, reservationId);
      return reply.code(204).header('cache-control', 'no-store').send();
    });
  });
}

const askingOf = (request: FastifyRequest): Asking => ({ identity: request.identity, token: request.headers['steward-reservation-token'] });

function sendReserved(reply: FastifyReply, reserved: Reserved): FastifyReply {
  if (reserved.kind === 'refused') {
    if (reserved.code === 'IDEMPOTENCY_IN_PROGRESS') void reply.header('retry-after', '1');
    return sendProblem(reply, problemOf(reserved.code, reserved.detail, reserved.places));
  }
  void reply.header('location', `/v1/reservations/${reserved.reservationId}`);
  if (reserved.replayed) void reply.header('idempotent-replayed', 'true');
  if (reserved.status === 202) void reply.header('retry-after', '1');
  const body = { ...reserved.body, reservationToken: reserved.reservationToken };
  return 'code' in body ? sendProblem(reply, body) : sendPrivate(reply, reserved.status, body);
}
