import fc from 'fast-check';
import { allocate, type Decision, type Request, type Stock } from './allocate';

const stock = (sku: string, location: string, onHand: number, more: Partial<Stock> = {}): Stock => ({ sku, location, onHand, safetyStock: 0, backorderable: false, reserved: 0, ...more });
const order = (orderId: string, ...lines: [sku: string, quantity: number][]): Request => ({ orderId, lines: lines.map(([sku, quantity], index) => ({ lineId: String(index + 1), sku, quantity })) });
/** `HAM 3 + MUC 1` for each line, or the refusal. */
const told = (decision: Decision): string =>
  decision.kind === 'refused'
    ? `${decision.refusal.code} ${decision.refusal.sku} ${decision.refusal.available}`
    : decision.lines.map(({ allocations }) => allocations.map(({ location, quantity }) => `${location} ${quantity}`).join(' + ')).join(', ');
const decide = (stocks: Stock[], ...requests: Request[]): string[] => allocate(stocks, requests).map(told);

describe('allocation', () => {
  it('takes from the fullest location, and by name between equals', () => {
    expect(decide([stock('A', 'HAM', 3), stock('A', 'MUC', 5)], order('1', ['A', 2]), order('2', ['A', 3]))).toEqual(['MUC 2', 'HAM 3']);
  });

  it('splits a line when no location has enough of it', () => {
    expect(decide([stock('A', 'HAM', 3), stock('A', 'MUC', 5)], order('1', ['A', 7]))).toEqual(['MUC 5 + HAM 2']);
  });

  it('holds all lines or nothing, and what was refused leaves its units to the next', () => {
    const stocks = [stock('A', 'HAM', 2), stock('B', 'HAM', 1)];
    expect(decide(stocks, order('1', ['A', 2], ['B', 2]), order('2', ['A', 2], ['B', 1]))).toEqual(['OUT_OF_STOCK B 1', 'HAM 2, HAM 1']);
  });

  it('counts two lines of one SKU together', () => {
    expect(decide([stock('A', 'HAM', 3)], order('1', ['A', 2], ['A', 2]))).toEqual(['OUT_OF_STOCK A 3']);
  });

  it('never touches the safety stock or what is reserved', () => {
    expect(decide([stock('A', 'HAM', 10, { safetyStock: 4, reserved: 5 })], order('1', ['A', 2]), order('2', ['A', 1]))).toEqual(['OUT_OF_STOCK A 1', 'HAM 1']);
  });

  it('takes what one location owes off the others', () => {
    expect(decide([stock('A', 'HAM', 2, { reserved: 3 }), stock('A', 'MUC', 3)], order('1', ['A', 3]), order('2', ['A', 2]))).toEqual(['OUT_OF_STOCK A 2', 'MUC 2']);
  });

  it('promises beyond what is there only where that is allowed, and there in one place', () => {
    const stocks = [stock('A', 'BER', 0, { backorderable: true }), stock('A', 'HAM', 3), stock('A', 'MUC', 1, { backorderable: true })];
    expect(decide(stocks, order('1', ['A', 9]), order('2', ['A', 1]))).toEqual(['HAM 3 + MUC 6', 'BER 1']);
  });

  it('tells a SKU that no location keeps from one that is sold out', () => {
    expect(decide([stock('A', 'HAM', 0)], order('1', ['A', 1]), order('2', ['B', 1]))).toEqual(['OUT_OF_STOCK A 0', 'UNKNOWN_SKU B 0']);
  });

  it('says of every line that is short how much of its SKU there was', () => {
    const [decision] = allocate([stock('A', 'HAM', 5), stock('B', 'HAM', 1)], [order('1', ['A', 4], ['A', 2], ['B', 2], ['C', 1])]);
    expect(decision).toMatchObject({ refusal: { code: 'OUT_OF_STOCK', sku: 'A', available: 5, shortages: [{ lineId: '2', available: 5 }, { lineId: '3', available: 1 }, { lineId: '4', sku: 'C', available: 0 }] } });
  });

  it('S2: gives an order what its cart holds before anybody else, once, and leaves it to the cart of an order that is refused', () => {
    const cart = { reservationId: 'c', shares: [{ lineId: '1', sku: 'A', location: 'HAM', quantity: 2 }] };
    const named = (orderId: string, quantity: number): Request => ({ ...order(orderId, ['A', quantity]), takesOver: cart });
    const stocks = [stock('A', 'HAM', 3, { reserved: 2 })];
    expect(decide(stocks, order('1', ['A', 2]), named('2', 4), named('3', 3), named('4', 1))).toEqual(['OUT_OF_STOCK A 1', 'OUT_OF_STOCK A 3', 'HAM 3', 'OUT_OF_STOCK A 0']);
    expect(decide(stocks, named('1', 1), order('2', ['A', 2]))).toEqual(['HAM 1', 'HAM 2']);
  });

  const skus = ['A', 'B'];
  const stocksOf = fc.uniqueArray(
    fc.record({ sku: fc.constantFrom(...skus), location: fc.constantFrom('BER', 'HAM', 'MUC'), onHand: fc.integer({ min: -3, max: 12 }), safetyStock: fc.nat(2), backorderable: fc.boolean(), reserved: fc.nat(6) }),
    { selector: ({ sku, location }) => `${sku}@${location}` },
  );
  const requestsOf = fc.array(fc.array(fc.tuple(fc.constantFrom(...skus), fc.integer({ min: 1, max: 8 })), { minLength: 1, maxLength: 3 }), { maxLength: 12 });

  it('S1: of any requests holds whole orders, never more than may be sold, and refuses only what did not fit', () => {
    fc.assert(
      fc.property(stocksOf, requestsOf, (stocks, wanted) => {
        const left = new Map(stocks.map(({ sku, location, ...of }) => [`${sku}@${location}`, of.onHand - of.safetyStock - of.reserved]));
        const openEnded = (sku: string): boolean => stocks.some((of) => of.sku === sku && of.backorderable);
        const requests = wanted.map((lines, index) => order(String(index), ...lines));
        allocate(stocks, requests).forEach((decision, index) => {
          if (decision.kind === 'refused') {
            const { sku } = decision.refusal;
            const inAll = stocks.filter((of) => of.sku === sku).reduce((sum, { location }) => sum + (left.get(`${sku}@${location}`) ?? 0), 0);
            const asked = (requests[index] as Request).lines.filter((line) => line.sku === sku).reduce((sum, { quantity }) => sum + quantity, 0);
            expect(openEnded(sku)).toBe(false);
            expect(asked).toBeGreaterThan(Math.max(0, inAll));
            return;
          }
          for (const { sku, quantity, allocations } of decision.lines) {
            expect(allocations.reduce((sum, share) => sum + share.quantity, 0)).toBe(quantity);
            expect(new Set(allocations.map(({ location }) => location)).size).toBe(allocations.length);
            for (const { location, quantity: share } of allocations) {
              const key = `${sku}@${location}`;
              left.set(key, (left.get(key) ?? 0) - share);
              if (!stocks.some((of) => of.sku === sku && of.location === location && of.backorderable)) expect(left.get(key)).toBeGreaterThanOrEqual(0);
            }
          }
        });
      }),
    );
  });
});
