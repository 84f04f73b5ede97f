import { context, everybody, json, ref, refusals } from './openapi.parts';

const body = (schema: string) => ({ required: true, content: { 'application/json': { schema: ref(schema) } } });

/** What changes something, or is made for one shopper only. */
export const checkoutPaths = {
  '/v1/price-preview': {
    post: {
      operationId: 'pricePreview',
      summary: 'What a cart costs, with a promise for each line',
      security: everybody,
      parameters: context,
      requestBody: body('CartInput'),
      responses: { 200: json('The cart as an order with these promises will cost.', ref('Cart'), ['Steward-Context']), ...refusals(400, 401, 413, 422, 429, 503) },
    },
  },
  '/.well-known/jwks.json': {
    get: { operationId: 'promiseKeys', summary: 'Public keys that price promises are verified with', parameters: [], responses: { 200: json('JSON Web Key Set.', { type: 'object' }) } },
  },
} as const;
