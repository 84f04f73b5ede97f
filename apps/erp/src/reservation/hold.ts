/**
 * Many requests, one decision: all of a batch are allocated at once, so that a hot SKU costs one update for a hundred orders (S1).
 * 1. An order is decided on once, whatever comes again or comes late: a release that was read first leaves a row behind. Who asks again
 *    is told again what was decided.
 * 2. The sums are locked, so the allocation can't be outdated by another batch; the conditional update would refuse it all the same.
 * 3. A request that is read after its own time is over holds nothing: nobody waits for it any more.
 */
import { cartsOf, entriesOfCart, heldByCarts } from '../cart/take-over';
import { allocate, type Decision, type Request, type Stock } from './allocate';
import { bookEntries, type Entry, ledgerStatements, type Limit, lockStock, type Tx } from './ledger.store';
import { changesOf, type Changes } from './changes';
import { lockReservations, type Reservation, saveReservations, startReservations } from './reservation.store';

export interface HoldRequest extends Omit<Request, 'takesOver'> {
  /** Asked for by a cart, not by an order. */
  readonly cart?: boolean;
  readonly cartReservationId?: string | null;
  readonly expiresAt: Date;
  readonly correlationId: string | null;
  readonly traceparent: string | null;
}

export async function holdStock(tx: Tx, requests: readonly HoldRequest[], now: Date, statements = ledgerStatements): Promise<Changes> {
  // Of two requests for one order the first counts.
  const first = new Map(requests.toReversed().map((request) => [request.orderId, request]));
  const asked = requests.filter((request) => first.get(request.orderId) === request);
  const carts = cartsOf(asked);
  const started = await startReservations(tx, [...asked, ...carts], now);
  const known = asked.filter(({ orderId }) => !started.has(orderId));
  const toLock = [...known, ...carts].map(({ orderId }) => orderId);
  const locked = toLock.length === 0 ? [] : await lockReservations(tx, toLock);
  const askedBefore = new Set(known.map(({ orderId }) => orderId));
  const before = locked.filter(({ orderId }) => askedBefore.has(orderId));
  const held = await heldByCarts(tx, locked);
  const released = fillIn(before, known);
  const fresh = asked.filter(({ orderId }) => started.has(orderId));
  const [alive, late] = [fresh.filter(({ expiresAt }) => expiresAt > now), fresh.filter(({ expiresAt }) => expiresAt <= now)];

  const skus = [...new Set([...alive.flatMap(({ lines }) => lines), ...[...held.values()].flatMap(({ shares }) => shares)].map(({ sku }) => sku))];
  const stocks = skus.length === 0 ? [] : await lockStock(tx, skus, statements);
  const decisions = allocate(stocks, alive.map(({ orderId, lines, cartReservationId }) => ({ orderId, lines, takesOver: held.get(cartReservationId ?? '') ?? null })));
  const entries = decisions.flatMap(entriesOf);
  const balances = await bookEntries(tx, entries, limitsOf(stocks, entries), now, statements);
  const byOrder = new Map(decisions.map((decision) => [decision.orderId, decision]));
  const decided = [...alive.map((request) => decidedOn(request, byOrder.get(request.orderId) as Decision, now)), ...late.map((request) => expiredAtOnce(request, now))];
  const takenOver = new Set(decisions.flatMap((decision) => (decision.kind === 'held' && decision.tookOver !== null ? [decision.tookOver.reservationId] : [])));
  const over = locked.filter(({ orderId }) => started.has(orderId) || takenOver.has(orderId)).map((row): Reservation => ({ ...row, status: 'released', endedAt: now }));
  const reservations = [...decided, ...released, ...over];
  await saveReservations(tx, reservations);
  const filledIn = new Set(released.map(({ orderId }) => orderId));
  return changesOf(reservations, balances, [], before.filter(({ orderId }) => !filledIn.has(orderId)));
}

/** Orders that were released before they were asked for can be announced as what they were for now. */
function fillIn(rows: readonly Reservation[], requests: readonly HoldRequest[]): Reservation[] {
  const wanted = new Map(requests.map((request) => [request.orderId, request]));
  return rows
    .filter(({ status, lines }) => status === 'released' && lines.length === 0)
    .map((row) => ({ ...row, lines: unallocated((wanted.get(row.orderId) as HoldRequest).lines) }));
}

const entriesOf = (decision: Decision): Entry[] =>
  decision.kind === 'refused'
    ? []
    : [
        ...(decision.tookOver === null ? [] : entriesOfCart(decision.tookOver)),
        ...decision.lines.flatMap(({ lineId, sku, allocations }) =>
          allocations.map(({ location, quantity }): Entry => ({ orderId: decision.orderId, lineId, sku, location, quantity, kind: 'hold' })),
        ),
      ];

/** Of the places where more is held than before: what is only passed on, or given back, is within any bound. */
function limitsOf(stocks: readonly Stock[], entries: readonly Entry[]): Limit[] {
  const grown = new Map<string, number>();
  for (const { sku, location, quantity } of entries) grown.set(`${sku}@${location}`, (grown.get(`${sku}@${location}`) ?? 0) + quantity);
  return stocks
    .filter(({ sku, location, backorderable }) => !backorderable && (grown.get(`${sku}@${location}`) ?? 0) > 0)
    .map(({ sku, location, onHand, safetyStock }): Limit => ({ sku, location, most: onHand - safetyStock }));
}

export const unallocated = (lines: Request['lines']): Reservation['lines'] => lines.map(({ lineId, sku, quantity }) => ({ lineId, sku, quantity, allocations: [] }));

function decidedOn(request: HoldRequest, decision: Decision, now: Date): Reservation {
  return decision.kind === 'held'
    ? { ...begun(request), status: 'held', lines: decision.lines, expiresAt: request.expiresAt }
    : { ...begun(request), status: 'refused', refusal: decision.refusal, endedAt: now };
}

const expiredAtOnce = (request: HoldRequest, now: Date): Reservation => ({ ...begun(request), status: 'expired', endedAt: now });

function begun({ orderId, cart = false, lines, correlationId, traceparent }: HoldRequest): Omit<Reservation, 'status'> {
  return {
    orderId,
    cart,
    lines: unallocated(lines),
    refusal: null,
    expiresAt: null,
    orderNumber: null,
    export: null,
    givingUp: false,
    cancellations: 0,
    erpReference: null,
    exportRefusal: null,
    correlationId,
    traceparent,
    endedAt: null,
  };
}
