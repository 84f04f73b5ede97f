/**
 * Stock for a cart, before there is an order. Invariants:
 *   1. Asked for once per key, however often it is sent (S4); the id comes from the key, so that a repetition after a restore names the same one.
 *   2. The stock service decides, as of an order: all lines or none. What it has not said in time is told as PENDING, and never guessed.
 *   3. Held for whoever asks and for a while: nobody pays for it, so pieces and time are bounded, and time gives it back (S2).
 */
import { reserveStock } from '@steward/contracts';
import { appendEvents } from '@steward/event-bus';
import { currentTraceparent, problemOf, StewardError, type Clock, type Database, type ErrorCode, type JsonValue, type Problem, type ProblemPlace } from '@steward/platform';
import { openFor, type Buyer, type Selling } from '../cart/preview';
import { refuseErasedIn } from '../customer/erased';
import { answerOnce } from '../idempotency/answer-once';
import { storeAnswer, takeKey, type Answer, type Request } from '../idempotency/idempotency.store';
import { requestHash, resourceIdOf } from '../idempotency/key';
import { nameOf } from '../identity/identity';
import { readInput } from '../input/body';
import { reservationKey } from '../news/notify';
import type { Watch } from '../news/watch';
import { hashOfToken, newSalt, tokenOf } from '../order/order-token';
import { lineIdOf, toReservationView, type ReservationView } from './reservation-view';
import { reservationInput, type CartLine, type ReservationInput, type ReservationLimits } from './reservation.input';
import { findReservation, keepReservation, type FoundReservation } from './reservation.store';

export interface Reserving {
  readonly selling: Selling;
  readonly database: Database;
  readonly watch: Watch;
  readonly clock: Clock;
  readonly limits: ReservationLimits;
}

export interface AskedCart {
  readonly body: JsonValue;
  readonly key: string;
  readonly buyer: Buyer;
  readonly waitMs: number;
}

export type Reserved =
  | { readonly kind: 'answered'; readonly status: number; readonly body: ReservedBody; readonly replayed: boolean; readonly reservationId: string; readonly reservationToken: string }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly detail: string; readonly places: readonly ProblemPlace[] };

/** A reservation, or the problem that it has become, with the reservation. */
export type ReservedBody = { readonly reservation: ReservationView } | (Problem & { readonly reservation: ReservationView });

const OPERATION = 'reserve-cart';

export async function reserveCart(reserving: Reserving, asked: AskedCart): Promise<Reserved> {
  // The context decides nothing about stock: the same request from another market is the same request.
  const request: Request = { identity: nameOf(asked.buyer.identity), operation: OPERATION, key: asked.key, hash: requestHash(asked.body) };
  const { database, selling, limits } = reserving;
  const { waitMs } = asked;
  return answerOnce<Reserved>(request, {
    database,
    waitMs,
    replay: (reservationId, known) => replay(reserving, request, reservationId, known),
    answer: (reservationId) => answer(reserving, request, reservationId, waitMs),
    refused,
    attempt: async (answerMs) => {
      openFor(selling, asked.buyer.context);
      const read = readInput(asked.body, reservationInput(limits));
      if (!read.ok) return refused(read.code, read.detail, read.places);
      const unknown = await unknownSkus(selling, read.value.lines);
      if (unknown.length > 0) return refused('GATEWAY_INPUT_REFUSED', `${unknown[0]?.pointer ?? ''} ${unknown[0]?.detail ?? ''}`, unknown);
      return ask(reserving, asked, request, read.value, answerMs);
    },
  });
}

/** A product with variants is no SKU itself: one of them has to be chosen. */
async function unknownSkus({ reading }: Selling, lines: readonly CartLine[]): Promise<ProblemPlace[]> {
  const sold = await Promise.all(lines.map(async ({ sku }) => (await reading.cache.find(sku))?.document.skus.includes(sku) === true));
  return lines.flatMap((_line, index) => (sold[index] === true ? [] : [{ pointer: `/lines/${String(index)}/sku`, detail: 'is not sold here', accepted: 'a SKU of the catalogue' }]));
}

/** One transaction takes the key, remembers whose it is and tells the stock service; false when the key was taken meanwhile. */
function ask({ database, clock, limits }: Reserving, { buyer: { identity } }: AskedCart, request: Request, { lines, holdSeconds }: ReservationInput, answerMs: number): Promise<boolean> {
  const reservationId = resourceIdOf(request);
  const customerId = identity.kind === 'customer' ? identity.customerId : null;
  const salt = newSalt();
  const expiresAt = new Date(clock.now() + (holdSeconds === null ? limits.mostMs : holdSeconds * 1_000));
  return database.transaction(async (tx) => {
    if (customerId !== null) await refuseErasedIn(tx, customerId);
    if (!(await takeKey(tx, request, reservationId, answerMs))) return false;
    await keepReservation(tx, { reservationId, customerId, token: { salt, hash: hashOfToken(tokenOf(salt, request.key, reservationId)) }, lines, expiresAt });
    const data = { orderId: reservationId, lines: lines.map(({ sku, quantity }, index) => ({ lineId: lineIdOf(index), sku, quantity })), expiresAt: expiresAt.toISOString() };
    await appendEvents(tx, [{ contract: reserveStock, system: 'gateway', key: reservationId, data, correlationId: reservationId, traceparent: currentTraceparent() }]);
    return true;
  });
}

/** Waits for the stock service, and stores what is then known as the answer for ever. */
async function answer(reserving: Reserving, request: Request, reservationId: string, waitMs: number): Promise<Reserved> {
  const { database, watch, clock } = reserving;
  const settled = (found: FoundReservation | undefined): boolean => found === undefined || toReservationView(found, clock.now()).status !== 'PENDING';
  const found = await watch.until(reservationKey(reservationId), () => findReservation(database, reservationId), settled, waitMs, clock);
  if (found === undefined) throw new StewardError('RESERVATION_UNKNOWN', 'the reservation was asked for and then removed');
  return replay(reserving, request, reservationId, await storeAnswer(database, request, answerOf(toReservationView(found, clock.now()))), { found, replayed: false });
}

function answerOf(reservation: ReservationView): Answer {
  if (reservation.status !== 'REFUSED') return { status: reservation.status === 'PENDING' ? 202 : 201, body: JSON.stringify({ reservation }) };
  const places = reservation.lines.flatMap(({ quantity, available }, index): ProblemPlace[] =>
    available === null ? [] : [{ pointer: `/lines/${String(index)}/quantity`, detail: `is ${String(quantity)}`, accepted: available === 0 ? 'nothing: it is out of stock' : `at most ${String(available)}` }],
  );
  const problem = problemOf('OUT_OF_STOCK', `${String(places.length)} of ${String(reservation.lines.length)} lines can't be held`, places);
  return { status: problem.status, body: JSON.stringify({ ...problem, reservation }) };
}

async function replay({ database }: Reserving, request: Request, reservationId: string, { status, body }: Answer, fresh?: { found: FoundReservation; replayed: false }): Promise<Reserved> {
  const found = fresh?.found ?? (await findReservation(database, reservationId));
  const reservationToken = found === undefined ? '' : tokenOf(found.token.salt, request.key, reservationId);
  return { kind: 'answered', status, body: JSON.parse(body) as ReservedBody, replayed: fresh === undefined, reservationId, reservationToken };
}

function refused(code: ErrorCode, detail: string, places: readonly ProblemPlace[] = []) {
  return { kind: 'refused' as const, code, detail, places };
}
