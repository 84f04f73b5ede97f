import { at, asked, openRig, request, type Rig } from '../fixtures/rig.fixture.spec';
import { expireReservations, giveUp } from '../reservation/end';
import { holdStock } from '../reservation/hold';

describe('what a cart holds', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await openRig({ poolSize: 32 });
  });
  beforeEach(() => rig.clear());
  afterAll(() => rig.close());

  const hold = (...requests: Parameters<typeof holdStock>[1][number][]) => rig.transaction((tx) => holdStock(tx, requests, at(0)));
  const cart = (id: string, lines: Record<string, number>, expiresAt = at(30)) => ({ ...request(id, lines, expiresAt), cart: true });
  const naming = (orderId: string, cartReservationId: string, lines: Record<string, number>) => ({ ...request(orderId, lines), cartReservationId });
  const entries = () => rig.rows(`select order_id || ' ' || kind || ' ' || sum(quantity) as entry from reservation_ledger group by order_id, kind order by order_id, kind`);

  it('S2: passes to the order that names it, whatever else was sold, and stays there once', async () => {
    await rig.announceStock({ 'A@HAM': { onHand: 2 }, 'B@HAM': { onHand: 5 } });
    await hold(cart('c', { A: 2 }));
    expect((await hold(request('1', { A: 1 }))).reservations).toMatchObject([{ status: 'refused' }]);
    const changes = await hold(request('2', { A: 1 }), naming('3', 'c', { A: 2, B: 1 }));
    expect(changes.reservations.map(({ orderId, status }) => `${orderId} ${status}`)).toEqual(['2 refused', '3 held', 'c released']);
    expect(changes.balances.find(({ sku }) => sku === 'A')).toMatchObject({ reserved: 2 });
    // The command comes again, and time ends the cart: nothing moves.
    await hold(naming('3', 'c', { A: 2, B: 1 }));
    await rig.transaction((tx) => expireReservations(tx, at(29), 100));
    expect(await rig.reserved()).toEqual(['A@HAM 2', 'B@HAM 1']);
    expect(await entries()).toEqual([{ entry: '3 hold 3' }, { entry: 'c hold 2' }, { entry: 'c release -2' }]);
  });

  it('S2: goes to one order of two, and the other is decided on like any order', async () => {
    await rig.announceStock({ 'A@HAM': { onHand: 3 } });
    await hold(cart('c', { A: 2 }));
    await hold(naming('1', 'c', { A: 2 }), naming('2', 'c', { A: 1 }), naming('3', 'c', { A: 1 }));
    expect(await rig.statuses()).toEqual({ 1: 'held', 2: 'held', 3: 'refused', c: 'released' });
  });

  it('S2: is the rest of the shop’s when the order takes less, and the cart’s own when the order is refused', async () => {
    await rig.announceStock({ 'A@HAM': { onHand: 3 } });
    await hold(cart('c', { A: 2 }));
    const { reservations } = await hold(naming('1', 'c', { A: 4 }));
    expect(reservations).toMatchObject([{ orderId: '1', status: 'refused', refusal: { available: 3 } }]);
    expect(await rig.statuses()).toEqual({ 1: 'refused', c: 'held' });
    await hold(naming('2', 'c', { A: 1 }), request('3', { A: 2 }));
    expect(await rig.statuses()).toEqual({ 1: 'refused', 2: 'held', 3: 'held', c: 'released' });
    expect(await rig.reserved()).toEqual(['A@HAM 3']);
  });

  it('S2: is nobody’s any more once it was released or has expired: an order that names it is reserved for as usual', async () => {
    await rig.announceStock({ 'A@HAM': { onHand: 4 } });
    await hold(cart('c', { A: 1 }), cart('d', { A: 1 }, at(10)), cart('e', { A: 1 }, at(0)));
    await rig.transaction((tx) => giveUp(tx, [{ ...asked('c'), cart: true }], at(1)));
    await rig.transaction((tx) => expireReservations(tx, at(10), 100));
    await hold(naming('1', 'c', { A: 1 }), naming('2', 'd', { A: 1 }), naming('3', 'e', { A: 1 }), naming('4', 'never', { A: 1 }), naming('5', 'c', { A: 1 }));
    expect(await rig.statuses()).toEqual({ 1: 'held', 2: 'held', 3: 'held', 4: 'held', 5: 'refused', c: 'released', d: 'expired', e: 'expired', never: 'released' });
    expect(await rig.reserved()).toEqual(['A@HAM 4']);
  });

  it('S2: that is asked for behind the order that names it holds nothing', async () => {
    await rig.announceStock({ 'A@HAM': { onHand: 4 } });
    await hold(naming('1', 'c', { A: 2 }));
    const late = await hold(cart('c', { A: 2 }));
    expect(late.reservations).toMatchObject([{ orderId: 'c', status: 'released', lines: [{ sku: 'A', allocations: [] }] }]);
    expect(await rig.reserved()).toEqual(['A@HAM 2']);
  });

  it('is not an order’s to take over or to give up, nor an order’s stock a cart’s', async () => {
    await rig.announceStock({ 'A@HAM': { onHand: 4 } });
    await hold(request('1', { A: 2 }), cart('c', { A: 2 }));
    expect((await hold(naming('2', '1', { A: 1 }))).reservations).toMatchObject([{ orderId: '2', status: 'refused' }]);
    await rig.transaction((tx) => giveUp(tx, [{ ...asked('1'), cart: true }, asked('c')], at(1)));
    expect(await rig.statuses()).toEqual({ 1: 'held', 2: 'refused', c: 'held' });
  });

  it('S1: passes on where less is left than is reserved, and a place that others have oversold refuses no order of another', async () => {
    await rig.announceStock({ 'A@HAM': { onHand: 3 }, 'A@MUC': { onHand: 1 } });
    await hold(cart('c', { A: 3 }));
    await rig.announceStock({ 'A@HAM': { onHand: 1 }, 'A@MUC': { onHand: 2 } });
    await hold(naming('1', 'c', { A: 3 }));
    expect(await rig.statuses()).toEqual({ 1: 'held', c: 'released' });
    expect(await rig.reserved()).toEqual(['A@HAM 1', 'A@MUC 2']);
    await rig.announceStock({ 'A@HAM': { onHand: 0 }, 'B@HAM': { onHand: 1 } });
    await hold(cart('d', { B: 1 }));
    await rig.announceStock({ 'B@HAM': { onHand: -1 } });
    expect((await hold(naming('2', 'd', { B: 1 }))).reservations).toMatchObject([{ status: 'refused' }]);
    // The place keeps less than others hold there, and what leaves it is no reason to refuse anything.
    await rig.announceStock({ 'C@HAM': { onHand: 4 }, 'C@MUC': { onHand: 0 } });
    await hold(cart('e', { C: 2 }), request('3', { C: 2 }));
    await rig.announceStock({ 'C@HAM': { onHand: 1 }, 'C@MUC': { onHand: 5 } });
    expect((await hold(naming('4', 'e', { C: 2 }))).reservations).toMatchObject([{ orderId: '4', status: 'held', lines: [{ allocations: [{ location: 'MUC', quantity: 2 }] }] }, { orderId: 'e' }]);
  });

  it('I4: 32 clients with carts and orders on hot SKUs sell what there is, each cart once, and not one unit more', async () => {
    const skus = ['A', 'B', 'C'];
    await rig.announceStock(Object.fromEntries(skus.map((sku) => [`${sku}@HAM`, { onHand: 12 }])));
    const client = async (name: number): Promise<void> => {
      const [first, second] = [skus[name % 3], skus[(name + 1) % 3]] as [string, string];
      const lines = { [first]: 1, [second]: 1 };
      await hold(cart(`c${name}`, lines));
      // Both name the cart; two clients share it, and one of them asks in another order.
      const both = [naming(`${name}a`, `c${name}`, lines), naming(`${name}b`, `c${name - (name % 2)}`, { [second]: 1 })];
      await Promise.all((name % 2 === 0 ? both : both.toReversed()).map((each) => hold(each)));
    };
    await Promise.all(Array.from({ length: 32 }, (_, name) => client(name)));
    const sums = await rig.rows<{ sku: string; reserved: number }>('select sku, sum(quantity)::int as reserved from reservation_ledger group by sku order by sku');
    expect(sums.filter(({ reserved }) => reserved > 12)).toEqual([]);
    await rig.reserved();
    // What is held is held by those who say so, and by nobody else.
    expect(await rig.rows(`select r.order_id from reservation r left join (select order_id, sum(quantity) as held from reservation_ledger group by order_id) l using (order_id) where (r.status = 'held') <> (coalesce(l.held, 0) > 0)`)).toEqual([]);
    // Where an order was held that named a cart which was held, the cart is not held beside it.
    expect(await rig.rows(`select c.order_id from reservation c join reservation o on o.order_id = substr(c.order_id, 2) || 'a' where c.cart and c.status = 'held' and o.status = 'held'`)).toEqual([]);
  });
});
