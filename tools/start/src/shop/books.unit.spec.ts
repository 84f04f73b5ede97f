import type { Charge, SandboxRecord } from '../clients/sandbox.client';
import type { ShownOrder } from '../clients/shopper.client';
import { since, violations, type Books } from './books';
import type { Bought } from './buyers';
import type { Hold } from './holds';

const goods = [{ sku: 'TENT', stock: 1 }];

function order(number: string, status: ShownOrder['status'], code: string | null = null): ShownOrder {
  const lines = [{ sku: 'TENT', quantity: 1, unit: { minorUnits: '1000' } }];
  return { id: `id-${number}`, number, status, rejection: code === null ? null : { code }, lines, totals: { gross: { minorUnits: '1490' } }, payment: { status: 'NONE' }, fulfilment: { status: 'NONE' } };
}

const bought = (order: ShownOrder, more: Partial<Bought> = {}): Bought => ({ key: `key-${order.number}`, sku: 'TENT', order, refused: undefined, promisedUnit: 1000, ids: [order.id], answers: 1, tookMs: 1, doneAt: 1_000, ...more });
const nothing = (key: string, hold: Hold): Bought => ({ key, sku: 'TENT', order: undefined, refused: undefined, promisedUnit: 0, ids: [], answers: 0, tookMs: 1, doneAt: 1_000, hold });
const record = (reference: string, state = 'open'): SandboxRecord => ({ id: `of-${reference}-${state}`, reference, state });
const charge = (number: string, amounts: Partial<Charge> = {}): Charge => ({ intent: `pi-${number}`, status: 'requires_capture', metadata: { orderId: `id-${number}` }, amount: 1490, capturable: 1490, captured: 0, refunded: 0, ...amounts });

const hold = (status: Hold['reserved']['reservation']['status'], { orderId = null, ...more }: Partial<Hold> & { orderId?: string | null } = {}): Hold => ({
  reserved: { reservation: { id: 'h', status, expiresAt: '', orderId }, reservationToken: '' }, ids: ['h'], answers: 1, heldFrom: 500, until: 2_000, end: 'left', endedAt: 2_000, ...more,
});

const sold = order('A', 'CONFIRMED');
const turnedAway = order('B', 'REJECTED', 'OUT_OF_STOCK');
const right: Books = { orders: [record('A'), record('B', 'cancelled')], sales: [record('A', 'confirmed')], charges: [charge('A'), charge('B', { capturable: 0, status: 'canceled' })] };

const withHold = (more: Parameters<typeof hold>[1] = {}): Bought => bought(sold, { hold: hold('ORDERED', { orderId: 'id-A', end: 'ordered', endedAt: 900, ...more }) });

describe('the books after a play', () => {
  it('agree when what was sold stands once everywhere, and what was refused nowhere', () => {
    expect(violations([bought(sold), bought(turnedAway)], goods, right)).toEqual([]);
  });

  it('agree when a piece was held by one after the other, and the last one ordered it', () => {
    const released = nothing('r', hold('RELEASED', { heldFrom: 100, end: 'given back', endedAt: 300 }));
    const left = nothing('l', hold('EXPIRED', { heldFrom: 310, until: 500 }));
    const late = nothing('t', hold('REFUSED', { heldFrom: undefined }));
    expect(violations([released, left, withHold(), late, bought(turnedAway)], goods, right)).toEqual([]);
    // Somebody else was turned away for what was then given back: the shelf may be full.
    expect(violations([released, left, late, bought(turnedAway)], goods, { orders: [], sales: [], charges: [] })).toEqual([]);
  });

  it.each<[string, Bought[], Partial<Books>, string]>([
    ['a piece that two carts hold at once', [withHold({ heldFrom: 250 }), nothing('r', hold('RELEASED', { heldFrom: 100, end: 'given back', endedAt: 300 }))], {}, '2 pieces of TENT were held or sold at once and there were 1'],
    ['a piece that was sold while a cart held it', [bought(sold), nothing('l', hold('EXPIRED', { heldFrom: 990, until: 1_010 }))], {}, '2 pieces of TENT were held or sold at once and there were 1'],
    ['a hold that does not end', [withHold(), nothing('l', hold('HELD', { heldFrom: undefined }))], {}, 'hold h of TENT was left and is HELD'],
    ['a hold that nobody has answered', [withHold(), nothing('l', hold('PENDING', { heldFrom: undefined }))], {}, 'hold h of TENT was left and is PENDING'],
    ['two holds of one cart', [withHold({ ids: ['h', 'i'] })], {}, 'a cart holds TENT 2 times: h, i'],
    ['two answers to one cart', [withHold({ answers: 2 })], {}, 'hold h was answered in 2 different ways'],
    ['a hold that an order did not get', [withHold({ orderId: null })], {}, 'order A named hold h, which is nobody’s'],
    ['a hold that another order got', [withHold({ orderId: 'id-B' })], {}, 'order A named hold h, which is order id-B’s'],
    ['an order that was turned away for what its cart held', [bought(sold, { doneAt: 3_000 }), bought(turnedAway, { hold: hold('RELEASED', { end: 'ordered', endedAt: 600 }) })], {}, 'order B is turned away for want of the piece that its cart held'],
    ['an order that nobody decided', [bought(sold), bought(order('C', 'ACCEPTED'))], {}, 'order C was never decided'],
    ['two orders of one purchase', [bought(sold, { ids: ['id-A', 'id-X'] })], {}, 'purchase key-A became 2 orders'],
    ['two answers to one request', [bought(sold, { answers: 2 })], {}, 'purchase key-A was answered in 2 different ways'],
    ['another price than the promised', [bought(sold, { promisedUnit: 900 })], {}, 'order A costs 1000 and 900 was promised'],
    ['a second order at the OMS', [bought(sold)], { orders: [record('A'), { ...record('A'), id: 'again' }] }, 'order A is CONFIRMED and is 2 times in the OMS'],
    ['a sale that never came', [bought(sold)], { sales: [] }, 'order A is CONFIRMED and is 0 times in the ERP'],
    ['a second payment', [bought(sold)], { charges: [charge('A'), { ...charge('A'), intent: 'again' }] }, 'the provider was asked for 2 payments for order A'],
    ['a second payment that was let go of', [bought(sold)], { charges: [charge('A'), { ...charge('A'), intent: 'again', status: 'canceled', capturable: 0 }] }, 'the provider was asked for 2 payments for order A'],
    ['another amount', [bought(sold)], { charges: [charge('A', { capturable: 1000, captured: 500 })] }, 'has 1 payments of 1500'],
    ['money of a refused order', [bought(sold), bought(turnedAway)], { charges: [charge('A'), charge('B')] }, 'order B is REJECTED and its money is held'],
    ['a refused order that stands', [bought(sold), bought(turnedAway)], { orders: [record('A'), record('B')] }, 'order B is REJECTED and stands in the OMS'],
    ['a refused order’s sale', [bought(sold), bought(turnedAway)], { sales: [record('A'), record('B', 'confirmed')] }, 'order B is REJECTED and stands in the ERP'],
    ['more sold than there was', [bought(sold), bought(order('D', 'CONFIRMED'))], { orders: [record('A'), record('D')], sales: [record('A'), record('D')], charges: [charge('A'), charge('D')] }, '2 pieces of TENT were sold and there were 1'],
    ['a shelf that was not emptied', [bought(turnedAway)], { orders: [], sales: [], charges: [] }, '0 pieces of TENT were sold, there were 1, and 1 wanted one'],
    ['an order of nobody', [bought(sold)], { orders: [record('A'), record('Z')] }, 'Z stands in the OMS and no shopper ordered it'],
    ['money of nobody', [bought(sold)], { charges: [charge('A'), charge('Z')] }, 'payment pi-Z is held and no shopper ordered it'],
  ])('tell of %s', (_what, purchases, books, sentence) => {
    expect(violations(purchases, goods, { ...right, ...books })).toContainEqual(expect.stringContaining(sentence));
  });

  it('are those of this play only', () => {
    const after: Books = { orders: [...right.orders, record('N')], sales: right.sales, charges: [...right.charges, charge('N')] };
    expect(since(right, after)).toEqual({ orders: [record('N')], sales: [], charges: [charge('N')] });
  });
});
