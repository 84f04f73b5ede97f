/**
 * From a shopper's request to an answer. Invariants:
 *   1. What can be refused here is refused before anything is written, and takes no key (S4).
 *   2. Accepted is accepted: from then on each answer, late or repeated, is about this one order.
 *   3. Nothing behind the gateway is asked. It is waited for, and if it doesn't answer in time the answer says honestly: accepted.
 */
import { placeOrder } from '@steward/contracts';
import { problemOf, StewardError, type Clock, type Database, type ErrorCode, type JsonValue, type Problem, type ProblemPlace } from '@steward/platform';
import type { CartView } from '../cart/cart-view';
import { counted, openFor, previewCart, type Buyer, type Selling } from '../cart/preview';
import { rateOf } from '../cart/shipping';
import { answerOnce } from '../idempotency/answer-once';
import { storeAnswer, type Answer, type Request } from '../idempotency/idempotency.store';
import { requestHash, resourceIdOf } from '../idempotency/key';
import { nameOf } from '../identity/identity';
import { readInput, type Read } from '../input/body';
import { readShippingPromise } from '../promise/price-promise';
import { acceptOrder, type Acceptance } from './accept-order';
import { findOrder, type FoundOrder } from '../order/order.queries';
import { tokenOf } from '../order/order-token';
import { toOrderView, type OrderView } from '../order/order-view';
import { orderKey } from '../news/notify';
import type { Watch } from '../news/watch';
import { heldByCart, namedReservation } from '../reservation/held-by-cart';
import { placeOrderInput, type PlaceOrderInput } from './place-order.input';
import { priceLines, type PricedOrder } from './price-lines';

export interface Ordering {
  readonly selling: Selling;
  readonly database: Database;
  readonly watch: Watch;
  readonly clock: Clock;
}

export interface Asked {
  /** What was sent, as data: its hash tells a repetition from another request. */
  readonly body: JsonValue;
  readonly key: string;
  readonly buyer: Buyer;
  /** How long the client is willing to wait for more than "accepted". */
  readonly waitMs: number;
}

export type Placed =
  | { readonly kind: 'answered'; readonly status: number; readonly body: AnswerBody; readonly replayed: boolean; readonly orderId: string; readonly orderToken: string }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly detail: string; readonly places: readonly ProblemPlace[]; readonly cart: CartView | null };

/** An order, or the problem that it has become, with the order. */
export type AnswerBody = { readonly order: OrderView } | (Problem & { readonly order: OrderView });

const OPERATION = 'place-order';

export async function place(ordering: Ordering, asked: Asked): Promise<Placed> {
  const { context } = asked.buyer;
  const { market, language, currency, channel } = context;
  const request: Request = { identity: nameOf(asked.buyer.identity), operation: OPERATION, key: asked.key, hash: requestHash(asked.body, { market, language, currency, channel }) };
  const { database } = ordering;
  const { waitMs } = asked;
  return answerOnce<Placed>(request, {
    database,
    waitMs,
    replay: (orderId, known) => replay(ordering, request, orderId, known),
    answer: (orderId) => answer(ordering, request, orderId, waitMs),
    refused,
    attempt: async (answerMs) => {
      const checked = await check(ordering, asked, request);
      return checked.kind === 'refused' ? checked : acceptOrder(database, { ...checked.acceptance, answerMs });
    },
  });
}

type Checked = Extract<Placed, { kind: 'refused' }> | { readonly kind: 'acceptable'; readonly acceptance: Omit<Acceptance, 'answerMs'> };

async function check(ordering: Ordering, { body, buyer }: Asked, request: Request): Promise<Checked> {
  const { selling } = ordering;
  const { context } = buyer;
  const read: Read<PlaceOrderInput> = readInput(body, placeOrderInput);
  if (!read.ok) return refused(read.code, read.detail, read.places);
  const input = read.value;
  const { keys } = openFor(selling, context);
  if (input.shippingPromise === null && rateOf(selling.shippingRates, context.market, null) !== 'none')
    return refusedAt('GATEWAY_INPUT_REFUSED', { pointer: '/shippingPromise', detail: 'is missing', accepted: "the promise of the preview's shipping" });
  if (input.expectedTotal !== null && input.expectedTotal.currency !== context.currency)
    return refusedAt('GATEWAY_INPUT_REFUSED', { pointer: '/expectedTotal/currency', detail: `is ${input.expectedTotal.currency}`, accepted: context.currency });

  // Whether it is still held is for the stock service to say: a hold that has ended makes an order none the worse.
  if (input.reservation !== null) await namedReservation(ordering.database, input.reservation, buyer);

  const at = ordering.clock.now();
  const pricing = await counted(() => priceLines({ input, buyer, keys, at, publicGroup: selling.reading.contexts.usual.customerGroup }));
  if (pricing.kind === 'invalid') return refused('PROMISE_INVALID', `${pricing.places[0]?.pointer ?? 'a promise'} ${pricing.places[0]?.detail ?? ''}`, pricing.places);
  if (pricing.kind === 'changed') return { ...refused('PRICE_CHANGED', `${pricing.places[0]?.pointer ?? 'a promise'} ${pricing.places[0]?.detail ?? ''}`, pricing.places), cart: await freshCart(ordering, input, buyer) };
  const order = toCommand(resourceIdOf(request), input, pricing.order, buyer, at);
  // The contract has the last word: what it refuses would else fail where nobody can correct it.
  const problems = placeOrder.validateProduced({ ...order, number: '0000000000', idempotencyHash: request.hash });
  if (problems.length > 0) return refused('GATEWAY_INPUT_REFUSED', `${problems[0]?.pointer ?? ''} ${problems[0]?.message ?? ''}`, problems.map(({ pointer, message }) => ({ pointer, detail: message, accepted: 'what the contract place-order says' })));
  return { kind: 'acceptable', acceptance: { request, order } };
}

function toCommand(orderId: string, input: PlaceOrderInput, { lines, shipping, totals }: PricedOrder, { identity, context }: Buyer, at: number): Acceptance['order'] {
  const { market, currency, language, customerGroup } = context;
  const { email, shippingAddress, billingAddress, payment, reservation } = input;
  return {
    orderId,
    acceptedAt: new Date(at).toISOString(),
    market,
    currency,
    language,
    customerId: identity.kind === 'customer' ? identity.customerId : null,
    customerGroup,
    email,
    shippingAddress,
    billingAddress,
    lines,
    shipping,
    totals,
    payment: { method: payment.method, paymentMethodToken: payment.token },
    ...(reservation === null ? {} : { cartReservationId: reservation.id }),
  };
}

/** The same cart at the prices of now, to be agreed to. */
async function freshCart(ordering: Ordering, { lines, codes, shippingPromise, reservation }: PlaceOrderInput, buyer: Buyer): Promise<CartView> {
  const { selling, clock } = ordering;
  const { keys } = openFor(selling, buyer.context);
  const shipping = shippingPromise === null ? null : await readShippingPromise(keys, shippingPromise, clock.now());
  const method = shipping === null || shipping.kind === 'forged' ? null : shipping.claims.method;
  const offered = rateOf(selling.shippingRates, buyer.context.market, method) !== 'unknown';
  return previewCart(selling, { lines: lines.map(({ sku, quantity }) => ({ sku, quantity })), codes, shippingMethod: offered ? method : null }, buyer, await heldByCart(ordering, reservation, buyer));
}

/** Waits for a decision, and stores what is then known as the answer for ever. */
async function answer(ordering: Ordering, request: Request, orderId: string, waitMs: number): Promise<Placed> {
  const { database, watch, clock } = ordering;
  const found = await watch.until(orderKey(orderId), () => findOrder(database, orderId), (order) => order === undefined || isDecided(order), waitMs, clock);
  if (found === undefined) throw new StewardError('ORDER_UNKNOWN', 'the order was accepted and then removed');
  return replay(ordering, request, orderId, await storeAnswer(database, request, answerOf(found)), { found, replayed: false });
}

/** Whether a shopper can be told more than "accepted": it is decided, or they have to do something. */
function isDecided({ state }: FoundOrder): boolean {
  return state.status !== 'ACCEPTED' || state.payment.status === 'REQUIRES_ACTION';
}

function answerOf(found: FoundOrder): Answer {
  const order = toOrderView(found);
  if (order.status !== 'REJECTED') return { status: isDecided(found) ? 201 : 202, body: JSON.stringify({ order }) };
  const { code, message } = order.rejection ?? { code: 'REFUSED_BY_OMS', message: 'the order was rejected' };
  const problem = problemOf('ORDER_REJECTED', `${code}: ${message}`);
  return { status: problem.status, body: JSON.stringify({ ...problem, order }) };
}

async function replay(ordering: Ordering, request: Request, orderId: string, { status, body }: Answer, fresh?: { found: FoundOrder; replayed: false }): Promise<Placed> {
  const found = fresh?.found ?? (await findOrder(ordering.database, orderId));
  const orderToken = found?.token == null ? '' : tokenOf(found.token.salt, request.key, orderId);
  return { kind: 'answered', status, body: JSON.parse(body) as AnswerBody, replayed: fresh === undefined, orderId, orderToken };
}

function refused(code: ErrorCode, detail: string, places: readonly ProblemPlace[] = []) {
  return { kind: 'refused' as const, code, detail, places, cart: null };
}

const refusedAt = (code: ErrorCode, place: ProblemPlace) => refused(code, `${place.pointer} ${place.detail}`, [place]);
