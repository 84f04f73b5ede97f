/**
 * What happened, written into the saga; nothing is decided here. What is no news (a duplicate, an older state, an outcome of
 * what has ended) leaves it as it is, the very same object.
 */
import type { CancelOrder, RefundPayment, RequestReturn, Shipment, StockReservation } from '@steward/contracts';
import { forget } from './forget';
import type { EffectAnswer, Input, Outcome } from './input';
import { amountOf, countOf, shippedQuantities, sumOf, toShipped } from './quantities';
import { type Authorization, type Case, type Doing, isTerminal, type Money, type Saga } from './saga';

/** The input can't be, and whoever sent it has to hear so. */
export interface Refusal {
  readonly refused: true;
  readonly code: 'OMS_REFUND_REFUSED' | 'OMS_RETURN_REFUSED';
  readonly message: string;
}

const refuse = (code: Refusal['code'], message: string): Refusal => ({ refused: true, code, message });

export function record(saga: Saga, input: Exclude<Input, { kind: 'place-order' | 'timer' }>, now: number): Saga | Refusal {
  switch (input.kind) {
    case 'cancel-order':
      return recordCancel(saga, input.cancel);
    case 'reservation':
      return recordReservation(saga, input.reservation, input.revision, now);
    case 'shipment':
      return recordShipment(saga, input.shipment);
    case 'refund-payment':
      return recordRefund(saga, input.refund);
    case 'request-return':
      return recordReturn(saga, input.request);
    case 'forget':
      return forget(saga);
    case 'outcome':
      return recordOutcome[input.effect](saga, input.outcome, input.subject);
  }
}

export function withCase(saga: Saga, told: Case): Saga {
  return saga.cases.some(({ code, message }) => code === told.code && message === told.message) ? saga : { ...saga, cases: [...saga.cases, told] };
}

const withMoney = (saga: Saga, money: Partial<Money>): Saga => ({ ...saga, money: { ...saga.money, ...money } });

function recordCancel(saga: Saga, { requestedBy }: CancelOrder): Saga {
  // Who is giving up already gives up for its first reason, and what has ended stays as it ended.
  return saga.goal.kind === 'fulfil' && !isTerminal(saga.step) ? { ...saga, goal: { kind: 'cancel', by: requestedBy } } : saga;
}

const holds = (status: Saga['stock']['status']): boolean => status === 'held' || status === 'exported';

function recordReservation(saga: Saga, { status, refusal, exportRefusal, erpReference }: StockReservation, revision: number, now: number): Saga {
  const { stock } = saga;
  if (revision <= stock.revision) return saga;
  const settled = !holds(status);
  return {
    ...saga,
    stock: {
      ...stock,
      status,
      revision,
      refusal,
      exportRefusal,
      erpReference: erpReference ?? stock.erpReference,
      settledAt: settled ? (stock.settledAt ?? now) : null,
      // Whatever was asked before this state may have been answered by it: who still wants it back asks again.
      returnAsked: false,
    },
  };
}

/** The ERP had the order, and neither it nor the money was given up. */
const mayShip = ({ step, stock, money, placement }: Saga): boolean => stock.exportAsked && step !== 'rejected' && step !== 'cancelled' && (step === 'completed' || (money.release === 'none' && placement.undo === 'none'));

function recordShipment(saga: Saga, shipment: Shipment): Saga {
  const known = saga.shipments.find(({ shipmentId }) => shipmentId === shipment.shipmentId);
  if (known === undefined) {
    const shipped = toShipped(saga, shipment);
    if (shipment.status !== 'cancelled' && !mayShip(saga)) return withCase(saga, { code: 'shipment-unexpected', message: `parcel ${shipment.shipmentId} left although the order was ${saga.step}` });
    const after = { ...saga, shipments: [...saga.shipments, shipped] };
    if (shipped.surplus === undefined || shipment.status === 'cancelled') return after;
    return withCase(after, { code: 'shipment-unexpected', message: `parcel ${shipment.shipmentId} holds ${sumOf(shipped.surplus.map(({ quantity }) => quantity))} pieces more than were left to be shipped` });
  }
  // What was in a parcel is what was captured for it: only its way is followed from here on, and undone is undone.
  if (known.status === 'cancelled' || (known.status === 'delivered' && shipment.status === 'shipped')) return saga;
  const { status, carrier, trackingNumber, shippedAt } = shipment;
  const moved = { ...known, status, carrier, trackingNumber, shippedAt };
  if (JSON.stringify(moved) === JSON.stringify(known)) return saga;
  const after = { ...saga, shipments: saga.shipments.map((each) => (each === known ? moved : each)) };
  return status === 'cancelled' ? withRoom(after) : after;
}

/**
 * Parcels don't come in the order in which they were packed: what seemed too much may be what was packed instead of a parcel that was undone.
 * A parcel is captured once, so what is found in it after that has to be asked for by somebody.
 */
function withRoom(saga: Saga): Saga {
  return saga.shipments.reduce((after, each) => {
    const { shipmentId, status, lines, surplus } = each;
    if (surplus === undefined || status === 'cancelled') return after;
    const found = toShipped(after, { ...each, lines: surplus });
    if (found.lines.length === 0) return after;
    const filled = { ...found, lines: [...lines, ...found.lines] };
    const placed = { ...after, shipments: after.shipments.map((one) => (one.shipmentId === shipmentId ? filled : one)) };
    const captured = after.money.captures.some((capture) => capture.shipmentId === shipmentId);
    return captured ? withCase(placed, { code: 'capture-short', message: `parcel ${shipmentId} was captured before it was known that ${sumOf(found.lines.map(({ quantity }) => quantity))} more of its pieces belong to the order` }) : placed;
  }, saga);
}

const live = (state: string): boolean => state !== 'refused';

function recordRefund(saga: Saga, { refundId, amount, currency, reason }: RefundPayment): Saga | Refusal {
  const { captures, refunds } = saga.money;
  if (refunds.some((known) => known.refundId === refundId)) return saga;
  if (currency !== saga.order?.currency) return refuse('OMS_REFUND_REFUSED', `refund ${refundId} is in ${currency}, not in the currency of the order`);
  // Captures under way count: their refund waits for them.
  // What was refused counts for nothing, on either side.
  const left = sumOf(captures.filter(({ state }) => live(state)).map((each) => each.amount)) - sumOf(refunds.filter(({ state }) => live(state)).map((each) => each.amount));
  if (amount > left) return refuse('OMS_REFUND_REFUSED', `refund ${refundId} of ${amount} is more than the ${left} that are captured and not refunded`);
  return withMoney(saga, { refunds: [...refunds, { refundId, amount, reason, state: 'waiting' }] });
}

function recordReturn(saga: Saga, { returnId, lines }: RequestReturn): Saga | Refusal {
  if (saga.returns.some((known) => known.returnId === returnId)) return saga;
  // Asked for is taken: two requests for the same pieces are not both right.
  const back = saga.returns.filter(({ status }) => live(status)).flatMap((each) => each.lines);
  const shipped = shippedQuantities(saga);
  for (const { lineId } of lines) {
    const left = countOf(shipped, lineId) - countOf(back, lineId);
    const wanted = countOf(lines, lineId);
    if (wanted > left) return refuse('OMS_RETURN_REFUSED', `return ${returnId} has ${wanted} pieces of line ${lineId}, of which ${left} were shipped and not returned`);
  }
  return { ...saga, returns: [...saga.returns, { returnId, status: 'requested', lines, refundAmount: amountOf(saga, lines, back) }] };
}

type RecordOutcome = (saga: Saga, outcome: Outcome, subject: string) => Saga;

/** Of the effects that are either done or refused, and of which nothing in between is worth knowing. */
const doingOf = ({ kind }: Outcome): Doing | undefined => (kind === 'confirmed' ? 'done' : kind === 'refused' ? 'refused' : undefined);

const said = (outcome: Outcome): string => (outcome.kind === 'refused' ? `${outcome.code}: ${outcome.reason}` : outcome.kind);

const recordOutcome: Readonly<Record<Extract<Input, { kind: 'outcome' }>['effect'], RecordOutcome>> = {
  authorize: (saga, outcome) => {
    const { kind } = saga.money.authorization;
    if (kind === 'authorized' || kind === 'failed') return saga;
    const authorization = toAuthorization(outcome);
    if (authorization === undefined || JSON.stringify(authorization) === JSON.stringify(saga.money.authorization)) return saga;
    return withMoney(saga, { authorization });
  },
  capture: (saga, outcome, shipmentId) => {
    const capture = saga.money.captures.find((each) => each.shipmentId === shipmentId);
    const state = doingOf(outcome);
    if (capture?.state !== 'asked' || state === undefined || state === 'none') return saga;
    const after = withMoney(saga, { captures: saga.money.captures.map((each) => (each === capture ? { ...each, state } : each)) });
    return state === 'done' ? after : withCase(after, { code: 'capture-refused', message: `parcel ${shipmentId} has left, its ${capture.amount} were not captured, ${said(outcome)}` });
  },
  void: (saga, outcome) => {
    const release = doingOf(outcome);
    if (saga.money.release !== 'asked' || release === undefined) return saga;
    const after = withMoney(saga, { release });
    return release === 'done' ? after : withCase(after, { code: 'release-refused', message: said(outcome) });
  },
  refund: (saga, outcome, refundId) => {
    const refund = saga.money.refunds.find((each) => each.refundId === refundId);
    const state = doingOf(outcome);
    if (refund?.state !== 'asked' || state === undefined || state === 'none') return saga;
    const status = state === 'done' ? ('refunded' as const) : ('refused' as const);
    const after = {
      ...withMoney(saga, { refunds: saga.money.refunds.map((each) => (each === refund ? { ...each, state } : each)) }),
      // A refund under the id of a return is the answer to that return.
      returns: saga.returns.map((each) => (each.returnId === refundId ? { ...each, status, refundAmount: refund.amount } : each)),
    };
    return state === 'done' ? after : withCase(after, { code: 'refund-refused', message: `refund ${refundId} of ${refund.amount}, ${said(outcome)}` });
  },
  place: (saga, outcome) => {
    if (saga.placement.state !== 'asked' || outcome.kind === 'pending') return saga;
    const placement = outcome.kind === 'confirmed' ? { state: 'placed' as const, reference: outcome.answer.reference } : { state: 'refused' as const, refusal: outcome.code };
    return { ...saga, placement: { ...saga.placement, ...placement } };
  },
  'cancel-placed': (saga, outcome) => {
    const undo = doingOf(outcome);
    if (saga.placement.undo !== 'asked' || undo === undefined) return saga;
    const after = { ...saga, placement: { ...saga.placement, undo } };
    return undo === 'done' ? after : withCase(after, { code: 'cancel-refused', message: said(outcome) });
  },
};

function toAuthorization(outcome: Outcome): Authorization | undefined {
  if (outcome.kind === 'refused') return { kind: 'failed', code: outcome.code, reason: outcome.reason };
  const { reference, amount, actionUrl }: EffectAnswer = outcome.answer;
  if (outcome.kind === 'confirmed') return { kind: 'authorized', reference, amount: amount ?? 0 };
  // Pending without a place to go to is the provider's own delay: nothing is known yet.
  return actionUrl == null ? undefined : { kind: 'action', reference, actionUrl };
}
