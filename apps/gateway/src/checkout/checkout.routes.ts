import type { FastifyInstance, FastifyReply } from 'fastify';
import { problemOf, sendProblem } from '@steward/platform';
import { buyerOf } from '../cart/preview';
import { keyOf } from '../idempotency/key';
import { verified } from '../identity/identity';
import { parseBody } from '../input/body';
import { jsonBody } from '../input/json-body';
import { onlyKnown } from '../storefront/arguments';
import { contextText } from '../storefront/context';
import { sendRefusal } from '../storefront/problem';
import { sendPrivate } from '../storefront/send';
import type { CheckoutLimit } from './checkout-limit';
import { place, type Ordering, type Placed } from './place-order';
import { waitMsOf } from './prefer';

export async function checkoutRoutes(app: FastifyInstance, ordering: Ordering, limit: CheckoutLimit): Promise<void> {
  await app.register(async (scope) => {
    jsonBody(scope);

    scope.post('/v1/orders', async (request, reply) => {
      onlyKnown(request.query as Record<string, unknown>, []);
      const key = keyOf(request.headers['idempotency-key']);
      const body = parseBody(request.body);
      if (!body.ok) return sendRefusal(reply, body);
      const identity = verified(request.identity);
      limit.take(identity, request, reply);
      const buyer = buyerOf(ordering.selling.reading.contexts, request.headers, identity);
      const waitMs = waitMsOf(request.headers.prefer);
      void reply.header('steward-context', contextText(buyer.context)).header('preference-applied', `wait=${String(waitMs / 1_000)}`);
      return sendPlaced(reply, await place(ordering, { body: body.value, key, buyer, waitMs }));
    });
  });
}

function sendPlaced(reply: FastifyReply, placed: Placed): FastifyReply {
  if (placed.kind === 'refused') {
    const { code, detail, places, cart } = placed;
    if (code === 'IDEMPOTENCY_IN_PROGRESS') void reply.header('retry-after', '1');
    const problem = { ...problemOf(code, detail, places), ...(cart === null ? {} : { cart }) };
    return sendProblem(reply, problem);
  }
  void reply.header('location', `/v1/orders/${placed.orderId}`);
  if (placed.replayed) void reply.header('idempotent-replayed', 'true');
  if (placed.status === 202) void reply.header('retry-after', '1');
  const body = { ...placed.body, orderToken: placed.orderToken };
  return 'code' in body ? sendProblem(reply, body) : sendPrivate(reply, placed.status, body);
}
