import type { FastifyInstance } from 'fastify';
import type { Database } from '@steward/platform';
import { verified } from '../identity/identity';
import { jsonBody } from '../input/json-body';
import { readBody } from '../input/body';
import { heldByCart } from '../reservation/held-by-cart';
import { onlyKnown } from '../storefront/arguments';
import { contextText } from '../storefront/context';
import { sendRefusal } from '../storefront/problem';
import { spend } from '../storefront/rate-limit';
import { cartInput } from './cart.input';
import { buyerOf, previewCart, type Selling } from './preview';

export async function cartRoutes(app: FastifyInstance, { selling, database }: { selling: Selling; database: Database }): Promise<void> {
  const { keys, reading } = selling;

  // Verifiers ask once and keep it: an hour is less than the overlap in which a new key is shown and not used.
  app.get('/.well-known/jwks.json', (_request, reply) => reply.header('cache-control', 'public, max-age=300').type('application/jwk-set+json').send(keys?.publicSet ?? '{"keys":[]}'));

  await app.register(async (scope) => {
    jsonBody(scope);
    scope.post('/v1/price-preview', async (request, reply) => {
      onlyKnown(request.query as Record<string, unknown>, []);
      const asked = readBody(request.body, cartInput);
      if (!asked.ok) return sendRefusal(reply, asked);
      spend(request, asked.value.lines.length);
      const buyer = buyerOf(reading.contexts, request.headers, verified(request.identity));
      const cart = await previewCart(selling, asked.value, buyer, await heldByCart({ database, clock: reading.clock }, asked.value.reservation, buyer));
      // Made for one shopper and one moment: nobody may give it to another.
      return reply.header('cache-control', 'no-store').header('steward-context', contextText(buyer.context)).type('application/json; charset=utf-8').send(JSON.stringify(cart));
    });
  });
}
