import type { FastifyReply, FastifyRequest } from 'fastify';
import { buyerOf } from '../cart/preview';
import { keyOf } from '../idempotency/key';
import { verified } from '../identity/identity';
import { parseBody } from '../input/body';
import { onlyKnown } from '../storefront/arguments';
import type { Contexts } from '../storefront/context';
import type { CheckoutLimit } from './checkout-limit';
import { waitMsOf } from './prefer';

/** What a POST that takes something for its shopper brings: a key (S4), a body, who asks, and how long an answer is waited for. The body may be what is refused. */
export function keyedPost(request: FastifyRequest, reply: FastifyReply, contexts: Contexts, limit: CheckoutLimit) {
  onlyKnown(request.query as Record<string, unknown>, []);
  const key = keyOf(request.headers['idempotency-key']);
  const body = parseBody(request.body);
  if (!body.ok) return body;
  const identity = verified(request.identity);
  limit.take(identity, request, reply);
  const buyer = buyerOf(contexts, request.headers, identity);
  const waitMs = waitMsOf(request.headers.prefer);
  void reply.header('preference-applied', `wait=${String(waitMs / 1_000)}`);
  return { ok: true, asked: { body: body.value, key, buyer, waitMs } } as const;
}
