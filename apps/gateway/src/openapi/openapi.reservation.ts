import { body, closed, context, everybody, header, instant, json, keyOf, list, maybe, path, ref, refusals, text } from './openapi.parts';

const reservationToken = header('Steward-Reservation-Token', 'The reservation token of the answer: for guests.');
const reservation = path('id', "The reservation's id.");
const answerHeaders = ['Location', 'Idempotent-Replayed', 'Preference-Applied', 'Retry-After'];

/** Stock for a cart. */
export const reservationPaths = {
  '/v1/reservations': {
    post: {
      operationId: 'reserveCart',
      summary: 'Hold stock for a cart, all lines or none',
      description: 'Nobody has to: an order without a reservation is reserved for as well. Time gives back what no order takes over. The same key with the same request gives the same answer for ever.',
      security: everybody,
      parameters: [keyOf('reservation'), header('Prefer', 'As with an order.'), ...context],
      requestBody: body('ReservationInput'),
      responses: {
        201: json('Held until `expiresAt`.', ref('Reserved'), answerHeaders),
        202: json('Asked for, and not answered yet.', ref('Reserved'), answerHeaders),
        ...refusals(400, 401, 403, 413, 422, 429, 503),
        409: { description: 'OUT_OF_STOCK with the reservation and the lines that are short; IDEMPOTENCY_IN_PROGRESS with Retry-After.', content: { 'application/problem+json': { schema: ref('ReservationProblem') } } },
      },
    },
  },
  '/v1/reservations/{id}': {
    get: { operationId: 'reservation', summary: 'A reservation, for whoever made it or with its token', security: everybody, parameters: [reservation, reservationToken], responses: { 200: json('The reservation.', ref('Reservation')), ...refusals(401, 404, 429, 503) } },
    delete: {
      operationId: 'releaseReservation',
      summary: 'Give back what is held before its time is over',
      security: everybody,
      parameters: [reservation, reservationToken],
      responses: { 204: { description: 'Nothing is held for it, or soon no more.' }, ...refusals(401, 404, 409, 429, 503) },
    },
  },
} as const;

const sku = { ...text, minLength: 1, maxLength: 200 };
const problem = { type: text, title: text, status: { type: 'integer' }, code: text, detail: text, errors: { type: 'array' }, traceId: text };
const tokenShown = { ...text, description: 'Shows this reservation to whoever has it, and lets them order with it.' };

export const reservationSchemas = {
  ReservationInput: {
    type: 'object',
    required: ['lines'],
    additionalProperties: false,
    properties: {
      lines: { ...list(closed({ sku, quantity: { type: 'integer', minimum: 1, maximum: 1_000_000 } })), minItems: 1, maxItems: 100, description: 'Of together no more pieces than the shop allows.' },
      holdSeconds: maybe({ type: 'integer', minimum: 30 }, 'For how long; as long as the shop allows unless given.'),
    },
    description: 'What is to be held.',
  },
  Reservation: closed({
    id: text,
    status: { enum: ['PENDING', 'HELD', 'REFUSED', 'ORDERED', 'RELEASED', 'EXPIRED'], description: 'PENDING: nobody has answered yet. ORDERED: an order has taken it over.' },
    expiresAt: { ...instant, description: 'Until when it is held, or would have been.' },
    lines: list(closed({ sku: text, quantity: { type: 'integer' }, available: maybe({ type: 'integer' }, 'Of a line that is short: how much of its SKU there was.') })),
    orderId: maybe(text),
  }),
  Reserved: closed({ reservation: ref('Reservation'), reservationToken: tokenShown }),
  ReservationProblem: {
    type: 'object',
    required: Object.keys(problem),
    additionalProperties: false,
    properties: { ...problem, reservation: ref('Reservation'), reservationToken: tokenShown },
    description: 'A problem with what it is about.',
  },
  ReservationReference: {
    type: 'object',
    required: ['id'],
    additionalProperties: false,
    properties: { id: text, token: maybe(text, 'Its reservationToken; the customer who made it needs none.') },
    description: 'How a preview, or an order, names what its cart holds.',
  },
} as const;
