import { giveUp } from './end';
import { intendExport, saleCalledOff, saleConfirmed } from './export';
import { holdStock } from './hold';
import { asked, at, openRig, request, type Rig, shipment } from '../fixtures/rig.fixture.spec';
import { seeShipments, settleShipments } from './ship';

describe('S3: shipped goods', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await openRig();
  });
  beforeEach(() => rig.clear());
  afterAll(() => rig.close());

  const sell = async (orderId: string, lines: Record<string, number>): Promise<void> => {
    await rig.transaction((tx) => holdStock(tx, [request(orderId, lines)], at(0)));
    await rig.transaction((tx) => intendExport(tx, { ...asked(orderId), number: `N-${orderId}`, lines: [] }, at(1)));
    await rig.transaction((tx) => saleConfirmed(tx, orderId, `S-${orderId}`));
  };
  const see = (given: ReturnType<typeof shipment>, minute = 5) =>
    rig.transaction(async (tx) => {
      await rig.announceShipment(tx, given);
      return seeShipments(tx, [given.shipmentId], at(minute));
    });
  /** A read of stock levels that ends now; it began when the number was taken. */
  const read = async (levels: Parameters<Rig['announceStock']>[0], no: number, begun = at(6), lagMs = 0) => {
    await rig.announceStock(levels, no);
    return rig.transaction((tx) => settleShipments(tx, Object.keys(levels), { no, at: begun }, lagMs, at(7)));
  };
  const sellable = async (sku: string): Promise<number> => {
    const { reservations } = await rig.transaction((tx) => holdStock(tx, [request(`probe ${Math.random()}`, { [sku]: 1_000_000 })], at(0)));
    return reservations[0]?.refusal?.available ?? -1;
  };

  it('a nightly "2 on hand" after 2 were sold is not new stock', async () => {
    await rig.announceStock({ 'A@HAM': { onHand: 2 } });
    await sell('1', { A: 2 });
    await read({ 'A@HAM': { onHand: 2 } }, await rig.readNo());
    expect([await sellable('A'), await rig.reserved()]).toEqual([0, ['A@HAM 2']]);
  });

  it('stay reserved until a stock level was read that was asked for after the shipment was seen', async () => {
    await rig.announceStock({ 'A@HAM': { onHand: 5 } });
    await sell('1', { A: 2 });
    const before = await rig.readNo();
    await see(shipment('P', 'N-1', { A: 2 }));
    expect(await sellable('A')).toBe(3);
    // This read may have been answered before the goods left, and it says 5.
    expect((await read({ 'A@HAM': { onHand: 5 } }, before)).reservations).toEqual([]);
    expect([await sellable('A'), await rig.reserved()]).toEqual([3, ['A@HAM 2']]);
    expect((await read({ 'A@HAM': { onHand: 3 } }, await rig.readNo())).reservations).toMatchObject([{ orderId: '1', status: 'shipped' }]);
    expect([await sellable('A'), await rig.reserved()]).toEqual([3, []]);
    expect(await read({ 'A@HAM': { onHand: 3 } }, await rig.readNo())).toEqual({ reservations: [], askedAgain: [], balances: [], toCancel: [] });
  });

  it('are sold too few rather than too many while the stock level is ahead of the shipment', async () => {
    await rig.announceStock({ 'A@HAM': { onHand: 5 } });
    await sell('1', { A: 2 });
    await read({ 'A@HAM': { onHand: 3 } }, await rig.readNo());
    expect(await sellable('A')).toBe(1);
    await see(shipment('P', 'N-1', { A: 2 }));
    expect(await sellable('A')).toBe(1);
    await read({ 'A@HAM': { onHand: 3 } }, await rig.readNo());
    expect(await sellable('A')).toBe(3);
  });

  it('wait for as long as the source may be behind itself', async () => {
    await rig.announceStock({ 'A@HAM': { onHand: 5 } });
    await sell('1', { A: 2 });
    await see(shipment('P', 'N-1', { A: 2 }), 5);
    await read({ 'A@HAM': { onHand: 5 } }, await rig.readNo(), at(6), 120_000);
    expect(await rig.reserved()).toEqual(['A@HAM 2']);
    await read({ 'A@HAM': { onHand: 3 } }, await rig.readNo(), at(7), 120_000);
    expect(await rig.reserved()).toEqual([]);
  });

  it('a part leaves the rest held, and the rest may still be given up', async () => {
    await rig.announceStock({ 'A@HAM': { onHand: 5 }, 'B@HAM': { onHand: 5 } });
    await sell('1', { A: 3, B: 1 });
    await see(shipment('P', 'N-1', { A: 2 }));
    await rig.transaction((tx) => giveUp(tx, [asked('1')], at(6)));
    await rig.transaction((tx) => saleCalledOff(tx, '1', at(6)));
    // What did not leave for all we know may have: the next stock level tells, of either.
    expect([await rig.statuses(), await rig.reserved()]).toMatchObject([{ 1: 'released' }, ['A@HAM 3', 'B@HAM 1']]);
    await see(shipment('Q', 'N-1', { A: 1 }));
    await read({ 'A@HAM': { onHand: 2 } }, await rig.readNo());
    expect([(await rig.statuses())['1'], await rig.reserved(), await sellable('A')]).toEqual(['released', ['B@HAM 1'], 2]);
    await read({ 'B@HAM': { onHand: 5 } }, await rig.readNo());
    expect(await rig.reserved()).toEqual([]);
  });

  it('are counted once, whatever else is said of the shipment, and never beyond what the order holds', async () => {
    await rig.announceStock({ 'A@HAM': { onHand: 9 } });
    await sell('1', { A: 3 });
    await see(shipment('P', 'N-1', { A: 2 }));
    await see(shipment('P', 'N-1', { A: 2 }, { status: 'delivered' }));
    await see(shipment('Q', 'N-1', { A: 5 }));
    await see(shipment('R', 'somebody else’s', { A: 5 }));
    expect(await rig.rows('select shipment_id, quantity from leaving order by 1')).toEqual([{ shipment_id: 'P', quantity: 2 }, { shipment_id: 'Q', quantity: 1 }]);
    await read({ 'A@HAM': { onHand: 2 } }, await rig.readNo());
    expect([(await rig.statuses())['1'], await rig.reserved()]).toEqual(['shipped', []]);
  });

  it('that left another location are taken off when its stock level was read, and not before', async () => {
    await rig.announceStock({ 'A@HAM': { onHand: 3 }, 'A@MUC': { onHand: 4 }, 'A@BER': { onHand: 0 } });
    await sell('1', { A: 6 });
    expect(await rig.reserved()).toEqual(['A@HAM 2', 'A@MUC 4']);
    await see(shipment('P', 'N-1', { A: 5 }, { location: 'BER' }));
    await read({ 'A@HAM': { onHand: 3 }, 'A@MUC': { onHand: 4 } }, await rig.readNo());
    expect([await rig.reserved(), await sellable('A')]).toEqual([['A@HAM 2', 'A@MUC 4'], 1]);
    // It has sent what it did not have, so one more order can't be served although the shelves of the others look full.
    await read({ 'A@BER': { onHand: -5 } }, await rig.readNo());
    expect([await rig.reserved(), await sellable('A')]).toEqual([['A@MUC 1'], 1]);
  });

  it('are taken line by line where the ERP names the line', async () => {
    await rig.announceStock({ 'A@HAM': { onHand: 9 } });
    await rig.transaction((tx) => holdStock(tx, [{ ...request('1', {}), lines: [{ lineId: 'x', sku: 'A', quantity: 2 }, { lineId: 'y', sku: 'A', quantity: 3 }] }], at(0)));
    await rig.transaction((tx) => intendExport(tx, { ...asked('1'), number: 'N-1', lines: [] }, at(1)));
    await see(shipment('P', 'N-1', {}, { lines: [{ lineId: 'y', sku: 'A', quantity: 2 }, { lineId: null, sku: 'A', quantity: 2 }] }));
    expect(await rig.rows('select line_id, quantity from leaving order by 1')).toEqual([{ line_id: 'x', quantity: 2 }, { line_id: 'y', quantity: 2 }]);
  });

  it('that come back are held again, unless nobody wants them', async () => {
    await rig.announceStock({ 'A@HAM': { onHand: 9 } });
    await sell('1', { A: 2 });
    await sell('2', { A: 2 });
    for (const [id, order] of [['P', 'N-1'], ['Q', 'N-2']] as const) await see(shipment(id, order, { A: 2 }));
    await see(shipment('Q', 'N-2', { A: 2 }, { status: 'cancelled' }));
    await read({ 'A@HAM': { onHand: 7 } }, await rig.readNo());
    expect([await rig.statuses(), await rig.reserved()]).toEqual([{ 1: 'shipped', 2: 'exported' }, ['A@HAM 2']]);
    await see(shipment('P', 'N-1', { A: 2 }, { status: 'cancelled' }));
    expect([(await rig.statuses())['1'], await rig.reserved()]).toEqual(['exported', ['A@HAM 4']]);
  });

  it('S3: who had to wait for a sum sees the stock level that it was lowered for', async () => {
    await rig.announceStock({ 'A@HAM': { onHand: 5 } });
    await sell('1', { A: 5 });
    await see(shipment('P', 'N-1', { A: 5 }));
    const no = await rig.readNo();
    const both = Promise.withResolvers<void>();
    const waiting = Promise.withResolvers<void>();
    const settling = rig.transaction(async (tx) => {
      await tx.query(`update announced set data = '{"sku":"A","location":"HAM","onHand":0}', read_no = $1 where key = 'A@HAM'`, [no]);
      await settleShipments(tx, ['A@HAM'], { no, at: at(6) }, 0, at(7));
      waiting.resolve();
      await both.promise;
    });
    await waiting.promise;
    const holding = rig.transaction((tx) => holdStock(tx, [request('2', { A: 1 })], at(0)));
    while ((await rig.rows(`select from pg_stat_activity where wait_event_type = 'Lock' and query like '%reserved_stock%'`)).length === 0);
    both.resolve();
    await settling;
    expect((await holding).reservations).toMatchObject([{ status: 'refused', refusal: { available: 0 } }]);
  });
});
