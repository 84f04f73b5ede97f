import { order as orderContract, payment as paymentContract, type StockReservation } from '@steward/contracts';
import { type Decision, decide } from './decide';
import type { Input, Outcome } from './input';
import type { Intent } from './intent';
import { orderOf, type OrderShape } from './orders.fixture.spec';
import { ownStatesOf } from './own-states';
import type { Saga } from './saga';

const now = Date.parse('2026-11-24T10:00:00.000Z');

/** An order on its way; `says` lets something happen and returns what it made the saga ask for. */
function begun(shape: OrderShape = {}) {
  let saga: Saga | undefined;
  let at = now;
  let revision = 0;
  const says = (input: Input): string[] => {
    const decision: Decision = decide(saga, input, at);
    if (decision.kind !== 'decided') return [decision.kind === 'refused' ? decision.refusal.code : decision.kind];
    saga = decision.saga;
    return decision.intents.map(told);
  };
  const known = (): Saga => saga ?? fail();
  return {
    says,
    saga: known,
    order: () => ownStatesOf(known(), new Date(at).toISOString())?.order ?? fail(),
    payment: () => ownStatesOf(known(), new Date(at).toISOString())?.payment ?? fail(),
    place: () => says({ kind: 'place-order', order: orderOf(shape), verdict: { kind: 'sound' } }),
    cancel: () => says({ kind: 'cancel-order', cancel: { orderId: 'O-1', requestedAt: new Date(at).toISOString(), requestedBy: 'customer', reason: 'my daughter ordered it' } }),
    stock: (status: StockReservation['status'], more: Partial<StockReservation> = {}) => {
      revision += 1;
      return says({ kind: 'reservation', revision, reservation: { orderId: 'O-1', status, lines: [], refusal: null, expiresAt: null, erpReference: null, exportRefusal: null, ...more } });
    },
    outcome: (effect: Extract<Input, { kind: 'outcome' }>['effect'], outcome: Outcome, subject = 'O-1') => says({ kind: 'outcome', effect, subject, outcome }),
    ship: (shipmentId: string, quantity: number, status: 'shipped' | 'delivered' | 'cancelled' = 'shipped') =>
      says({ kind: 'shipment', shipment: { shipmentId, orderNumber: 'W-10000001', status, lines: [{ lineId: null, sku: 'SKU-1', quantity }], location: null, carrier: 'DHL', trackingNumber: null, shippedAt: null } }),
    refund: (refundId: string, amount: number, currency = 'EUR') => says({ kind: 'refund-payment', refund: { refundId, orderId: 'O-1', amount, currency, reason: 'goodwill', requestedBy: 'operator' } }),
    giveBack: (returnId: string, quantity: number) => says({ kind: 'request-return', request: { returnId, orderId: 'O-1', lines: [{ lineId: 'L1', quantity }], reason: null, requestedAt: new Date(at).toISOString() } }),
    wait: (ms: number) => {
      at += ms;
      return says({ kind: 'timer' });
    },
  };
}

const fail = (): never => {
  throw new Error('nothing is known of the order');
};

function told(intent: Intent): string {
  switch (intent.do) {
    case 'command':
      return intent.command.kind;
    case 'effect':
      return 'amount' in intent.effect.request ? `${intent.effect.kind} ${intent.effect.request.amount}` : intent.effect.kind;
    case 'event':
      return intent.event.kind;
    case 'case':
      return intent.case.code;
    default:
      return `${intent.do} ${intent.effect}`;
  }
}

const confirmed = (reference: string, amount?: number): Outcome => ({ kind: 'confirmed', answer: { reference, ...(amount === undefined ? {} : { amount }) } });
const declined: Outcome = { kind: 'refused', code: 'insufficient_funds', reason: 'Ada has no money' };

function confirmedOrder(shape: OrderShape = {}) {
  const order = begun(shape);
  order.place();
  order.stock('held');
  order.outcome('authorize', confirmed('PI', order.order().totals.grossAmount));
  order.outcome('place', confirmed('OM-1'));
  order.stock('exported', { erpReference: 'SO-1' });
  return order;
}

describe('an order', () => {
  it('is reserved, authorized, placed, exported and confirmed, one after the other', () => {
    const order = begun();
    expect(order.place()).toEqual(['reserve-stock']);
    expect(order.stock('held')).toEqual(['authorize 1999']);
    expect(order.outcome('authorize', confirmed('PI', 1_999))).toEqual(['place']);
    expect(order.outcome('place', confirmed('OM-1'))).toEqual(['export-order']);
    expect(order.order()).toMatchObject({ status: 'ACCEPTED', progress: { reserved: true, authorized: true, placed: true, exported: false } });
    expect(order.stock('exported', { erpReference: 'SO-1' })).toEqual(['order-placed']);
    expect(order.order()).toMatchObject({ status: 'CONFIRMED', omsReference: 'OM-1', erpReference: 'SO-1', payment: { status: 'AUTHORIZED', authorizedAmount: 1_999, capturedAmount: 0 } });
    expect(orderContract.validateProduced(order.order())).toEqual([]);
    expect(paymentContract.validateProduced(order.payment())).toEqual([]);
  });

  it('names the reservation of its cart where it asks for stock, and none where it has none', () => {
    const asks = (order: object): Intent[] => {
      const decision = decide(undefined, { kind: 'place-order', order: { ...orderOf(), ...order }, verdict: { kind: 'sound' } }, now);
      return decision.kind === 'decided' ? [...decision.intents] : [];
    };
    expect(asks({ cartReservationId: 'C' })).toMatchObject([{ command: { kind: 'reserve-stock', data: { orderId: 'O-1', cartReservationId: 'C' } } }]);
    expect(JSON.stringify([asks({}), asks({ cartReservationId: null })])).not.toContain('cartReservationId');
  });

  it('asks nothing twice, whatever is said twice or late', () => {
    const order = confirmedOrder();
    expect([order.place(), order.outcome('authorize', confirmed('PI', 1_999)), order.outcome('place', declined), order.says({ kind: 'reservation', revision: 1, reservation: { orderId: 'O-1', status: 'held', lines: [], refusal: null, expiresAt: null, erpReference: null, exportRefusal: null } })]).toEqual([[], [], [], []]);
    expect(order.order().status).toBe('CONFIRMED');
    const exporting = begun();
    exporting.place();
    exporting.stock('held');
    exporting.outcome('authorize', confirmed('PI', 1_999));
    exporting.outcome('place', confirmed('OM-1'));
    const { dueAt } = exporting.saga();
    exporting.wait(60_000);
    expect([exporting.stock('held', { expiresAt: '2026-11-24T11:00:00.000Z' }), exporting.saga().dueAt]).toEqual([[], dueAt]);
  });

  it('of which nothing is left is rejected at once, with nothing else asked', () => {
    const order = begun();
    order.place();
    expect(order.stock('refused', { refusal: { code: 'OUT_OF_STOCK', sku: 'SKU-1', available: 1 } })).toEqual(['order-rejected']);
    expect(order.order()).toMatchObject({ status: 'REJECTED', rejection: { code: 'OUT_OF_STOCK', sku: 'SKU-1' }, payment: { status: 'NONE' } });
    expect(order.saga().step).toBe('rejected');
  });

  it('whose payment is declined gives its stock back, and tells the code but nobody’s words', () => {
    const order = begun();
    order.place();
    order.stock('held');
    expect(order.outcome('authorize', declined)).toEqual(['release-stock', 'order-rejected']);
    expect(order.order()).toMatchObject({ status: 'REJECTED', rejection: { code: 'PAYMENT_DECLINED', message: 'the payment was declined: insufficient_funds' } });
    expect(order.saga().step).toBe('compensating');
    order.stock('released');
    expect(order.saga()).toMatchObject({ step: 'rejected', dueAt: null });
    expect(JSON.stringify(order.order())).not.toContain('Ada has no money');
  });

  it('waits for a shopper who has to prove who they are, and gives up when they don’t', () => {
    const order = begun();
    order.place();
    order.stock('held');
    order.outcome('authorize', { kind: 'pending', answer: { reference: 'PI', actionUrl: 'https://bank.example/3ds' } });
    expect(order.order().payment).toMatchObject({ status: 'REQUIRES_ACTION', actionUrl: 'https://bank.example/3ds' });
    expect(order.saga().step).toBe('awaiting-action');
    expect(order.wait(15 * 60_000)).toEqual(['release-stock', 'void', 'order-rejected']);
    expect(order.order()).toMatchObject({ status: 'REJECTED', rejection: { code: 'PAYMENT_EXPIRED' }, payment: { actionUrl: null } });
  });

  it('S7: whose authorization comes after it was given up lets the money go', () => {
    const order = begun();
    order.place();
    order.stock('held');
    expect(order.wait(10 * 60_000)).toEqual(['abandon authorize', 'release-stock', 'order-rejected']);
    order.stock('released');
    expect(order.saga().step).toBe('compensating');
    expect(order.outcome('authorize', confirmed('PI', 1_999))).toEqual(['void']);
    order.outcome('void', confirmed('PI'));
    expect(order.saga().step).toBe('rejected');
    expect(order.order().payment.status).toBe('VOIDED');
  });

  it('S2: whose stock is reserved after it was given up has it released again', () => {
    const order = begun();
    order.place();
    expect(order.wait(10 * 60_000)).toEqual(['release-stock', 'order-rejected']);
    expect(order.stock('held')).toEqual(['release-stock']);
    order.stock('released');
    expect(order.saga().step).toBe('rejected');
    expect(order.stock('held')).toEqual(['release-stock']);
    expect(order.saga().step).toBe('rejected');
  });

  it('that the OMS refuses undoes what came before', () => {
    const order = begun();
    order.place();
    order.stock('held');
    order.outcome('authorize', confirmed('PI', 1_999));
    expect(order.outcome('place', { kind: 'refused', code: 'closed', reason: 'inventory' })).toEqual(['release-stock', 'void', 'order-rejected']);
    expect(order.order().rejection?.code).toBe('REFUSED_BY_OMS');
  });

  it('that the ERP refuses is undone in this order: the ERP first, then OMS and money', () => {
    const order = begun();
    order.place();
    order.stock('held');
    order.outcome('authorize', confirmed('PI', 1_999));
    order.outcome('place', confirmed('OM-1'));
    expect(order.stock('held', { exportRefusal: { code: 'NO_CUSTOMER', reason: 'unknown' } })).toEqual(['cancel-export']);
    expect(order.order().status).toBe('ACCEPTED');
    expect(order.stock('released')).toEqual([]);
    expect(order.wait(15_000)).toEqual(['cancel-placed', 'void']);
    order.outcome('cancel-placed', confirmed('OM-1'));
    expect(order.outcome('void', confirmed('PI'))).toEqual(['order-rejected']);
    expect(order.order()).toMatchObject({ status: 'REJECTED', rejection: { code: 'REFUSED_BY_ERP' } });
  });

  it('S5: whose promise does not hold asks for nothing at all', () => {
    const order = begun();
    expect(order.says({ kind: 'place-order', order: orderOf(), verdict: { kind: 'unsound', code: 'PRICE_CHANGED', message: 'another price', sku: 'SKU-1' } })).toEqual(['order-rejected']);
    expect(order.saga().step).toBe('rejected');
  });

  it('that costs nothing, or is paid by invoice, needs no authorization', () => {
    for (const shape of [{ lines: [{ quantity: 1, grossAmount: 0 }] }, { method: 'invoice' as const }]) {
      const order = begun(shape);
      order.place();
      expect(order.stock('held')).toEqual(['place']);
      expect(order.order().payment.status).toBe('NONE');
    }
  });
});

describe('a cancellation', () => {
  it('that overtakes its order waits for it', () => {
    const order = begun();
    expect(order.cancel()).toEqual([]);
    expect(order.place()).toEqual(['order-cancelled']);
    expect(order.order()).toMatchObject({ status: 'CANCELLED', lines: [{ cancelledQuantity: 2 }] });
  });

  it('of a confirmed order is told when the ERP has given the goods back', () => {
    const order = confirmedOrder();
    expect(order.cancel()).toEqual(['cancel-export']);
    expect(order.order().status).toBe('CONFIRMED');
    order.stock('released');
    expect(order.wait(15_000)).toEqual(['cancel-placed', 'void']);
    order.outcome('void', confirmed('PI'));
    expect(order.outcome('cancel-placed', confirmed('OM-1'))).toEqual(['order-cancelled']);
    expect(order.order()).toMatchObject({ status: 'CANCELLED', payment: { status: 'VOIDED' } });
    expect(JSON.stringify(order.saga())).not.toContain('daughter');
  });

  it('loses against goods that have left: the order goes on', () => {
    const order = confirmedOrder();
    order.cancel();
    expect(order.ship('S-1', 2)).toEqual(['capture 1999']);
    order.stock('shipped');
    order.outcome('capture', confirmed('PI'), 'S-1');
    expect(order.order()).toMatchObject({ status: 'COMPLETED', payment: { status: 'CAPTURED' }, lines: [{ shippedQuantity: 2, cancelledQuantity: 0 }] });
  });

  it('loses when the ERP won’t stop the order any more', () => {
    const order = confirmedOrder();
    expect(order.cancel()).toEqual(['cancel-export']);
    expect(order.stock('exported', { exportRefusal: { code: 'ON_ITS_WAY', reason: 'on the ramp' } })).toEqual([]);
    expect(order.saga()).toMatchObject({ step: 'confirmed', goal: { kind: 'fulfil' } });
    expect(order.ship('S-1', 2)).toEqual(['capture 1999']);
  });

  it('of a half shipped order cancels the rest, and lets go of the rest of the money', () => {
    const order = confirmedOrder();
    expect(order.ship('S-1', 1)).toEqual(['capture 999']);
    order.outcome('capture', confirmed('PI'), 'S-1');
    expect(order.cancel()).toEqual(['cancel-export']);
    expect(order.stock('released')).toEqual(['void']);
    expect(order.order()).toMatchObject({ status: 'COMPLETED', lines: [{ shippedQuantity: 1, cancelledQuantity: 1 }], payment: { status: 'PARTIALLY_CAPTURED', capturedAmount: 999 } });
  });

  it('S7: is repeated until the ERP answers', () => {
    const order = confirmedOrder();
    order.cancel();
    expect(order.wait(30_000)).toEqual(['cancel-export']);
    expect(order.wait(60_000)).toEqual(['cancel-export']);
  });
});

describe('shipping', () => {
  it('captures each parcel once, with the freight in the first, and the parts add up to the whole', () => {
    const order = confirmedOrder({ lines: [{ quantity: 3, grossAmount: 1_000 }], shipping: 490 });
    expect(order.ship('S-1', 1)).toEqual(['capture 823']);
    expect(order.ship('S-1', 1)).toEqual([]);
    expect(order.ship('S-2', 1)).toEqual(['capture 333']);
    expect(order.ship('S-3', 1)).toEqual(['capture 334']);
    for (const parcel of ['S-1', 'S-2', 'S-3']) order.outcome('capture', confirmed('PI'), parcel);
    expect(order.order()).toMatchObject({ status: 'COMPLETED', fulfilment: { status: 'SHIPPED' }, payment: { status: 'CAPTURED', capturedAmount: 1_490 } });
    order.ship('S-1', 1, 'delivered');
    order.ship('S-2', 1, 'delivered');
    expect(order.order().fulfilment.status).toBe('SHIPPED');
    order.ship('S-3', 1, 'delivered');
    expect(order.order().fulfilment.status).toBe('DELIVERED');
  });

  it('pays back what was captured for a parcel that was undone', () => {
    const order = confirmedOrder();
    order.ship('S-1', 1);
    order.outcome('capture', confirmed('PI'), 'S-1');
    expect(order.ship('S-1', 1, 'cancelled')).toEqual(['refund 999']);
    order.outcome('refund', confirmed('RE'), 'parcel:S-1');
    expect(order.order()).toMatchObject({ status: 'CONFIRMED', lines: [{ shippedQuantity: 0 }], payment: { status: 'REFUNDED' } });
  });

  it('of more than was ordered, or of an order that never was, is a case for a person', () => {
    const order = confirmedOrder();
    expect(order.ship('S-1', 3)).toEqual(['capture 1999', 'shipment-unexpected']);
    const rejected = begun();
    rejected.place();
    rejected.stock('refused');
    expect(rejected.ship('S-1', 1)).toEqual(['shipment-unexpected']);
    expect(rejected.ship('S-1', 1)).toEqual([]);
    expect(rejected.order().fulfilment.status).toBe('NONE');
  });

  it('S7: what was packed instead of an undone parcel counts, though it is heard of before the undoing', () => {
    const order = confirmedOrder({ lines: [{ quantity: 1, grossAmount: 1_000 }, { quantity: 1, grossAmount: 500 }] });
    expect(order.ship('S-1', 1)).toEqual(['capture 1000']);
    order.outcome('capture', confirmed('PI'), 'S-1');
    expect(order.ship('S-2', 1)).toEqual(['shipment-unexpected']);
    const undone = order.ship('S-1', 1, 'cancelled');
    expect(undone).toContain('refund 1000');
    expect(order.order()).toMatchObject({ status: 'CONFIRMED', lines: [{ shippedQuantity: 1 }, { shippedQuantity: 0 }] });
  });

  it('goods whose money is refused is a case, and lets nothing go', () => {
    const order = confirmedOrder();
    order.ship('S-1', 2);
    expect(order.outcome('capture', { kind: 'refused', code: 'expired', reason: 'after a week' }, 'S-1')).toEqual(['capture-refused']);
    expect(order.order().status).toBe('COMPLETED');
  });
});

describe('giving back', () => {
  function shippedOrder() {
    const order = confirmedOrder();
    order.ship('S-1', 2);
    order.outcome('capture', confirmed('PI'), 'S-1');
    return order;
  }

  it('pays no more than was captured, and in no other currency', () => {
    const order = shippedOrder();
    expect(order.refund('R-1', 1_500)).toEqual(['refund 1500']);
    expect(order.refund('R-1', 1_500)).toEqual([]);
    expect([order.refund('R-2', 500), order.refund('R-3', 1, 'USD')]).toEqual([['OMS_REFUND_REFUSED'], ['OMS_REFUND_REFUSED']]);
    expect(order.outcome('refund', confirmed('RE'), 'R-1')).toEqual([]);
    expect(order.order()).toMatchObject({ status: 'COMPLETED', payment: { status: 'PARTIALLY_REFUNDED', refundedAmount: 1_500 } });
    expect(order.refund('R-2', 499)).toEqual(['refund 499']);
  });

  it('waits for the capture that it needs', () => {
    const order = confirmedOrder();
    order.ship('S-1', 2);
    expect(order.refund('R-1', 1_000)).toEqual([]);
    expect(order.outcome('capture', confirmed('PI'), 'S-1')).toEqual(['refund 1000']);
  });

  it('takes back what was shipped, once; a refund under its id answers the return', () => {
    const order = shippedOrder();
    expect(order.giveBack('B-1', 1)).toEqual([]);
    expect([order.giveBack('B-1', 1), order.giveBack('B-2', 2)]).toEqual([[], ['OMS_RETURN_REFUSED']]);
    expect(order.order().lines[0]?.returnedQuantity).toBe(0);
    expect(order.refund('B-1', 999)).toEqual(['refund 999']);
    order.outcome('refund', confirmed('RE'), 'B-1');
    expect(order.order().lines[0]?.returnedQuantity).toBe(1);
    expect(ownStatesOf(order.saga(), '')?.returns).toEqual([{ returnId: 'B-1', orderId: 'O-1', status: 'refunded', lines: [{ lineId: 'L1', quantity: 1 }], refundAmount: 999 }]);
  });

  it('of an order that nobody knows has to wait', () => {
    expect([begun().refund('R-1', 1), begun().giveBack('B-1', 1), begun().stock('held')]).toEqual([['unknown'], ['unknown'], ['unknown']]);
  });
});
