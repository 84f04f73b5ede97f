import { body, context, everybody, header, json, keyOf, page, path, ref, refusals } from './openapi.parts';
import { reservationPaths } from './openapi.reservation';

const orderToken = header('Steward-Order-Token', 'The order token of the answer to the order: for guests, and for whoever is to see one order.');
const order = path('id', "The order's id.");
const answerHeaders = ['Location', 'Idempotent-Replayed', 'Preference-Applied', 'Retry-After', 'Steward-Context'];

const mine = [{ customer: [] }];
const account = (operationId: string, summary: string, input: string) => ({
  operationId,
  summary,
  security: mine,
  parameters: [header('Prefer', 'As with an order.')],
  requestBody: body(input),
  responses: { 200: json('As the CRM says now.', ref('Account')), 202: json('Asked for; the customer as known until the CRM answers.', ref('Account')), ...refusals(400, 401, 422, 429, 503) },
});

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
  ...reservationPaths,
  '/v1/orders': {
    get: {
      operationId: 'orders',
      summary: 'The orders of whoever has signed in, the newest first',
      security: mine,
      parameters: page,
      responses: { 200: json('A page of orders.', ref('OrderList'), ['Link']), ...refusals(400, 401, 403, 429, 503) },
    },
    post: {
      operationId: 'placeOrder',
      summary: 'Place an order at the prices of a preview',
      description: 'Accepted whatever is down behind the gateway; then it waits for a decision as long as `Prefer` allows. The same key with the same request gives the same answer for ever.',
      security: everybody,
      parameters: [keyOf('order'), header('Prefer', '`wait=<seconds>`, at most 10; 2 unless given. `respond-async` waits for nothing.'), ...context],
      requestBody: body('PlaceOrderInput'),
      responses: {
        201: json('Decided, or the shopper has something to do (payment.actionUrl).', ref('PlacedOrder'), answerHeaders),
        202: json('Accepted and not decided yet.', ref('PlacedOrder'), answerHeaders),
        ...refusals(400, 401, 403, 413, 422, 429, 503),
        409: {
          description: 'ORDER_REJECTED with the order; PRICE_CHANGED with a new preview as `cart`; RESERVATION_ORDERED; IDEMPOTENCY_IN_PROGRESS with Retry-After.',
          content: { 'application/problem+json': { schema: ref('OrderProblem') } },
        },
      },
    },
  },
  '/v1/orders/{id}': {
    get: { operationId: 'order', summary: 'An order, for its customer or with its token', security: everybody, parameters: [order, orderToken], responses: { 200: json('The order.', ref('OwnOrder')), ...refusals(401, 404, 429, 503) } },
  },
  '/v1/orders/{id}/events': {
    get: {
      operationId: 'orderEvents',
      summary: 'An order now and after each change, as server-sent events',
      security: everybody,
      parameters: [order, orderToken, header('Last-Event-ID', 'Of the last event that was seen.')],
      responses: { 200: { description: 'Events named `order` with the order as data.', content: { 'text/event-stream': { schema: { type: 'string' } } } }, ...refusals(401, 404, 429, 503) },
    },
  },
  '/v1/orders/{id}/cancel': {
    post: {
      operationId: 'cancelOrder',
      summary: 'Ask for an order to be cancelled',
      description: 'The order service decides whether it comes in time. To ask again is to ask for the same.',
      security: everybody,
      parameters: [order, orderToken, header('Prefer', 'As with an order.')],
      requestBody: { required: false, content: { 'application/json': { schema: ref('CancelInput') } } },
      responses: { 200: json('It is cancelled.', ref('CancelledOrder')), 202: json('It is asked for.', ref('CancelledOrder')), ...refusals(401, 404, 409, 422, 429, 503) },
    },
  },
  '/v1/orders/{id}/returns': {
    post: {
      operationId: 'requestReturn',
      summary: 'Ask to send pieces of an order back',
      description: 'Of what has shipped and not come back. The same key with the same request gives the same answer for ever; with another one it is refused at `idempotency-key`.',
      security: everybody,
      parameters: [order, orderToken, keyOf('return')],
      requestBody: body('ReturnInput'),
      responses: { 202: json('It is asked for; what becomes of it stands in the order.', ref('RequestedReturn'), ['Idempotent-Replayed']), ...refusals(400, 401, 404, 409, 422, 429, 503) },
    },
  },
  '/v1/customer': {
    get: { operationId: 'customer', summary: 'Whoever has signed in', security: mine, parameters: [], responses: { 200: json('The customer.', ref('Account')), ...refusals(401, 404, 429, 503) } },
    put: account('registerCustomer', 'Register whoever has signed in', 'RegisterCustomerInput'),
    patch: account('updateCustomer', 'Change what is given; null clears', 'UpdateCustomerInput'),
    delete: {
      operationId: 'eraseCustomer',
      summary: 'Forget me',
      security: mine,
      parameters: [header('Prefer', 'As with an order.')],
      responses: { 204: { description: 'Nothing is known any more.' }, 202: json('Asked for.', ref('Account')), ...refusals(401, 429, 503) },
    },
  },
  '/.well-known/jwks.json': {
    get: { operationId: 'promiseKeys', summary: 'Public keys that price promises are verified with', parameters: [], responses: { 200: json('JSON Web Key Set.', { type: 'object' }) } },
  },
} as const;
