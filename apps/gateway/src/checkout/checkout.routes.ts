import type { FastifyInstance, FastifyReply } from 'fastify';
import { problemOf, sendProblem } from '@steward/platform';
import { jsonBody } from '../input/json-body';
import { contextText } from '../storefront/context';
import { sendRefusal } from '../storefront/problem';
import { sendPrivate } from '../storefront/send';
import type { CheckoutLimit } from './checkout-limit';
import { keyedPost } from './keyed-post';
import { place, type Ordering, type Placed } from './place-order';

export async function checkoutRoutes(app: FastifyInstance, ordering: Ordering, limit: CheckoutLimit): Promise<void> {
  await app.register(async (scope) => {
    jsonBody(scope);

    scope.post('/v1/orders', async (request, reply) => {
      const post = keyedPost(request, reply, ordering.selling.reading.contexts, limit);
      if (!post.ok) return sendRefusal(reply, post);
      void reply.header('steward-context', contextText(post.asked.buyer.context));
      return sendPlaced(reply, await place(ordering, post.asked));
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
