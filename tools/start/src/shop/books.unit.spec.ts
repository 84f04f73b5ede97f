import type { Charge, SandboxRecord } from '../clients/sandbox.client';
import type { ShownOrder } from '../clients/shopper.client';
import { since, violations, type Books } from './books';
import type { Bought } from './buyers';

const goods = [{ sku: 'TENT', stock: 1 }];

function order(number: string, status: ShownOrder['status'], code: string | null = null): ShownOrder {
  const lines = [{ sku: 'TENT', quantity: 1, unit: { minorUnits: '1000' } }];
  return { id: `id-${number}`, number, status, rejection: code === null ? null : { code }, lines, totals: { gross: { minorUnits: '1490' } }, payment: { status: 'NONE' }, fulfilment: { status: 'NONE' } };
}

const bought = (order: ShownOrder, more: Partial<Bought> = {}): Bought => ({ key: `key-${order.number}`, sku: 'TENT', order, refused: undefined, promisedUnit: 1000, ids: [order.id], answers: 1, tookMs: 1, ...more });
const record = (reference: string, state = 'open'): SandboxRecord => ({ id: `of-${reference}-${state}`, reference, state });
const charge = (number: string, amounts: Partial<Charge> = {}): Charge => ({ intent: `pi-${number}`, status: 'requires_capture', metadata: { orderId: `id-${number}` }, amount: 1490, capturable: 1490, captured: 0, refunded: 0, ...amounts });

const sold = order('A', 'CONFIRMED');
const turnedAway = order('B', 'REJECTED', 'OUT_OF_STOCK');
const right: Books = { orders: [record('A'), record('B', 'cancelled')], sales: [record('A', 'confirmed')], charges: [charge('A'), charge('B', { capturable: 0, status: 'canceled' })] };

describe('the books after a play', () => {
  it('agree when what was sold stands once everywhere, and what was refused nowhere', () => {
    expect(violations([bought(sold), bought(turnedAway)], goods, right)).toEqual([]);
  });

  it.each<[string, Bought[], Partial<Books>, string]>([
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
