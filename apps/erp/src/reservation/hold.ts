/**
 * Many requests, one decision: all of a batch are allocated at once, so that a hot SKU costs one update for a hundred orders (S1).
 * 1. An order is decided on once, whatever comes again or comes late: a release that was read first leaves a row behind. Who asks again
 *    is told again what was decided.
 * 2. The sums are locked, so the allocation can't be outdated by another batch; the conditional update would refuse it all the same.
 * 3. A request that is read after its own time is over holds nothing: nobody waits for it any more.
 */
import { allocate, type Decision, type Request } from './allocate';
import { bookEntries, type Entry, ledgerStatements, type Limit, lockStock, type Tx } from './ledger.store';
import { changesOf, type Changes } from './changes';
import { lockReservations, type Reservation, saveReservations, startReservations } from './reservation.store';

export interface HoldRequest extends Request {
  readonly expiresAt: Date;
  readonly correlationId: string | null;
  readonly traceparent: string | null;
}

export async function holdStock(tx: Tx, requests: readonly HoldRequest[], now: Date, statements = ledgerStatements): Promise<Changes> {
  // Of two requests for one order the first counts.
  const first = new Map(requests.toReversed().map((request) => [request.orderId, request]));
  const asked = requests.filter((request) => first.get(request.orderId) === request);
  const started = await startReservations(tx, asked, now);
  const known = asked.filter(({ orderId }) => !started.has(orderId));
  const before = known.length === 0 ? [] : await lockReservations(tx, known.map(({ orderId }) => orderId));
  const released = fillIn(before, known);
  const fresh = asked.filter(({ orderId }) => started.has(orderId));
  const [alive, late] = [fresh.filter(({ expiresAt }) => expiresAt > now), fresh.filter(({ expiresAt }) => expiresAt <= now)];

  const skus = [...new Set(alive.flatMap(({ lines }) => lines.map(({ sku }) => sku)))];
  const stocks = skus.length === 0 ? [] : await lockStock(tx, skus, statements);
  const decisions = allocate(stocks, alive);
  const limits = stocks.filter(({ backorderable }) => !backorderable).map(({ sku, location, onHand, safetyStock }): Limit => ({ sku, location, most: onHand - safetyStock }));
  const balances = await bookEntries(tx, decisions.flatMap(entriesOf), limits, now, statements);
  const byOrder = new Map(decisions.map((decision) => [decision.orderId, decision]));
  const decided = [...alive.map((request) => decidedOn(request, byOrder.get(request.orderId) as Decision, now)), ...late.map((request) => expiredAtOnce(request, now))];
  const reservations = [...decided, ...released];
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
    : decision.lines.flatMap(({ lineId, sku, allocations }) =>
        allocations.map(({ location, quantity }): Entry => ({ orderId: decision.orderId, lineId, sku, location, quantity, kind: 'hold' })),
      );

export const unallocated = (lines: Request['lines']): Reservation['lines'] => lines.map(({ lineId, sku, quantity }) => ({ lineId, sku, quantity, allocations: [] }));

function decidedOn(request: HoldRequest, decision: Decision, now: Date): Reservation {
  return decision.kind === 'held'
    ? { ...begun(request), status: 'held', lines: decision.lines, expiresAt: request.expiresAt }
    : { ...begun(request), status: 'refused', refusal: decision.refusal, endedAt: now };
}

const expiredAtOnce = (request: HoldRequest, now: Date): Reservation => ({ ...begun(request), status: 'expired', endedAt: now });

function begun({ orderId, lines, correlationId, traceparent }: HoldRequest): Omit<Reservation, 'status'> {
  return {
    orderId,
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
