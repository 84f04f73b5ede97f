import type { FastifyInstance, FastifyReply } from 'fastify';
import { problemOf, sendProblem } from '@steward/platform';
import type { CheckoutLimit } from '../checkout/checkout-limit';
import { waitMsOf } from '../checkout/prefer';
import { keyOf, requestHash } from '../idempotency/key';
import { guest, nameOf, verified, type Identity } from '../identity/identity';
import { parseBody, readBody, readInput } from '../input/body';
import { jsonBody } from '../input/json-body';
import { ownOrder } from '../order/order-access';
import { toOrderView } from '../order/order-view';
import { askingOf } from '../order/orders.routes';
import { onlyKnown } from '../storefront/arguments';
import { sendRefusal } from '../storefront/problem';
import { sendPrivate } from '../storefront/send';
import { cancelInput, cancelOrder, type Aftersale } from './cancel-order';
import { requestReturn, returnInput, type Requested } from './request-return';

interface OfOrder {
  Params: { id: string };
}

export async function aftersaleRoutes(app: FastifyInstance, parts: Aftersale, limit: CheckoutLimit): Promise<void> {
  await app.register(async (scope) => {
    jsonBody(scope);

    scope.post<OfOrder>('/v1/orders/:id/cancel', async (request, reply) => {
      onlyKnown(request.query as Record<string, unknown>, []);
      const input = request.body === undefined || request.body === '' ? readInput({}, cancelInput) : readBody(request.body, cancelInput);
      if (!input.ok) return sendRefusal(reply, input);
      const found = await ownOrder(parts.database, request.params.id, askingOf(request));
      limit.take(askerOf(request.identity), request, reply);
      const waitMs = waitMsOf(request.headers.prefer);
      const last = await cancelOrder(parts, found, input.value, waitMs);
      const done = last.state.status === 'CANCELLED';
      if (!done) void reply.header('retry-after', '1');
      return sendPrivate(reply.header('preference-applied', `wait=${String(waitMs / 1_000)}`), done ? 200 : 202, { order: toOrderView(last) });
    });

    scope.post<OfOrder>('/v1/orders/:id/returns', async (request, reply) => {
      onlyKnown(request.query as Record<string, unknown>, []);
      const key = keyOf(request.headers['idempotency-key']);
      const body = parseBody(request.body);
      if (!body.ok) return sendRefusal(reply, body);
      const input = readInput(body.value, returnInput);
      if (!input.ok) return sendRefusal(reply, input);
      const { id } = request.params;
      const found = await ownOrder(parts.database, id, askingOf(request));
      limit.take(askerOf(request.identity), request, reply);
      // Whoever has only the token is the order's and no customer: a key of theirs can meet nobody else's.
      const identity = found.byCustomer ? nameOf(askerOf(request.identity)) : `order:${id}`;
      return sendRequested(reply, await requestReturn(parts, found, input.value, { identity, operation: 'request-return', key, hash: requestHash(id, body.value) }));
    });
  });
}

/** Whoever got in with an order's token may have a token of the issuer that can't be checked now; it is not needed. */
const askerOf = (identity: Identity) => (identity.kind === 'unverified' ? guest : verified(identity));

function sendRequested(reply: FastifyReply, requested: Requested): FastifyReply {
  if (requested.kind === 'answered') {
    if (requested.replayed) void reply.header('idempotent-replayed', 'true');
    return sendPrivate(reply, 202, requested.body);
  }
  const { code, detail, places } = requested;
  if (code === 'IDEMPOTENCY_IN_PROGRESS') void reply.header('retry-after', '1');
  return sendProblem(reply, problemOf(code, detail, places));
}
