import { expireReservations, giveUp } from './end';
import { intendExport, saleCalledOff, saleConfirmed, saleRefused, saleStays } from './export';
import { holdStock } from './hold';
import { asked, at, openRig, request, type Rig } from '../fixtures/rig.fixture.spec';
import { settleShipments } from './ship';

describe('reservations', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await openRig();
  });
  beforeEach(() => rig.clear());
  afterAll(() => rig.close());

  const hold = (...requests: Parameters<typeof holdStock>[1][number][]) => rig.transaction((tx) => holdStock(tx, requests, at(0)));
  const release = (...orderIds: string[]) => rig.transaction((tx) => giveUp(tx, orderIds.map(asked), at(1)));
  const expire = (minute: number) => rig.transaction((tx) => expireReservations(tx, at(minute), 100));
  const exported = (orderId: string, number = `N-${orderId}`) => rig.transaction((tx) => intendExport(tx, { ...asked(orderId), number, lines: [{ lineId: '1', sku: 'A', quantity: 1 }] }, at(2)));
  const row = async (orderId: string) =>
    (await rig.rows<Record<string, unknown>>(`select status, export, giving_up, erp_reference, export_refusal, expires_at, ended_at from reservation where order_id = $1`, [orderId]))[0];

  it('S1: a batch holds in the order of arrival, whole orders, and says why not', async () => {
    await rig.announceStock({ 'A@HAM': { onHand: 5, safetyStock: 1 }, 'B@HAM': { onHand: 1 }, 'B@MUC': { onHand: 2 } });
    const { reservations, balances } = await hold(request('1', { A: 3, B: 3 }), request('2', { A: 2 }), request('3', { A: 1 }), request('4', { C: 1 }));
    expect(await rig.statuses()).toEqual({ 1: 'held', 2: 'refused', 3: 'held', 4: 'refused' });
    expect(await rig.reserved()).toEqual(['A@HAM 4', 'B@HAM 1', 'B@MUC 2']);
    expect(reservations.map(({ refusal }) => refusal)).toEqual([null, { code: 'OUT_OF_STOCK', sku: 'A', available: 1, shortages: [{ lineId: '1', sku: 'A', available: 1 }] }, null, { code: 'UNKNOWN_SKU', sku: 'C', available: 0, shortages: [{ lineId: '1', sku: 'C', available: 0 }] }]);
    expect(reservations[0]?.lines[1]).toEqual({ lineId: '2', sku: 'B', quantity: 3, allocations: [{ location: 'MUC', quantity: 2 }, { location: 'HAM', quantity: 1 }] });
    expect(balances.toSorted((a, b) => (a.location + a.sku < b.location + b.sku ? -1 : 1))).toEqual([
      { sku: 'A', location: 'HAM', reserved: 4 },
      { sku: 'B', location: 'HAM', reserved: 1 },
      { sku: 'B', location: 'MUC', reserved: 2 },
    ]);
  });

  it('finds the locations of a SKU that looks like the key of another', async () => {
    await rig.announceStock({ 'A@HAM': { onHand: 5 }, 'A@B@HAM': { onHand: 1 }, 'A@B@MUC': { onHand: 1 }, 'AB@HAM': { onHand: 9 } });
    await hold(request('1', { 'A@B': 2 }), request('2', { A: 5 }), request('3', { A: 1 }));
    expect(await rig.reserved()).toEqual(['A@B@HAM 1', 'A@B@MUC 1', 'A@HAM 5']);
    expect(await rig.statuses()).toEqual({ 1: 'held', 2: 'held', 3: 'refused' });
  });

  it('S2: an order is decided on once, however often it is asked for', async () => {
    await rig.announceStock({ 'A@HAM': { onHand: 5 } });
    const first = await hold(request('1', { A: 1 }), request('1', { A: 3 }));
    expect(first.reservations).toHaveLength(1);
    const again = await hold(request('1', { A: 2 }));
    // Who asks again may have lost the answer (ADR 0024).
    expect([again.reservations, again.askedAgain.map(({ orderId, status }) => [orderId, status])]).toEqual([[], [['1', 'held']]]);
    expect(await rig.reserved()).toEqual(['A@HAM 1']);
  });

  it('S2: what is released is given back once, and a release that is read first is the end of it', async () => {
    await rig.announceStock({ 'A@HAM': { onHand: 2 } });
    await hold(request('1', { A: 2 }));
    expect((await release('1', '2')).reservations.map(({ orderId, status }) => [orderId, status])).toEqual([['1', 'released']]);
    expect((await release('1', '2')).reservations).toEqual([]);
    const late = await hold(request('2', { A: 1 }), request('3', { A: 2 }));
    // Told now, when there is something to tell: what it had been about.
    expect(late.reservations.map(({ orderId, status, lines }) => [orderId, status, lines.length])).toEqual([['3', 'held', 1], ['2', 'released', 1]]);
    expect(await rig.reserved()).toEqual(['A@HAM 2']);
  });

  it('S2: time ends what is held and not to be exported, exactly once', async () => {
    await rig.announceStock({ 'A@HAM': { onHand: 9 } });
    await hold(request('1', { A: 1 }, at(10)), request('2', { A: 1 }, at(20)), request('3', { A: 1 }, at(10)), request('4', { A: 1 }, at(0)));
    expect(await row('4')).toMatchObject({ status: 'expired', ended_at: at(0) });
    await exported('3');
    expect((await expire(9)).reservations).toEqual([]);
    expect((await expire(10)).reservations.map(({ orderId, status }) => [orderId, status])).toEqual([['1', 'expired']]);
    expect((await Promise.all(Array.from({ length: 8 }, () => expire(60)))).flatMap(({ reservations }) => reservations.map(({ orderId }) => orderId))).toEqual(['2']);
    expect((await release('1', '2')).reservations).toEqual([]);
    expect(await rig.statuses()).toEqual({ 1: 'expired', 2: 'expired', 3: 'held', 4: 'expired' });
    expect(await rig.reserved()).toEqual(['A@HAM 1']);
  });

  it('an order is exported while its stock is held, once, under a number of its own', async () => {
    await rig.announceStock({ 'A@HAM': { onHand: 9 } });
    await hold(request('1', { A: 2 }), request('2', { A: 2 }));
    expect(await exported('1')).toMatchObject({ kind: 'export', reservation: { expiresAt: null, orderNumber: 'N-1' } });
    expect((await exported('1')).kind).toBe('nothing');
    await expect(exported('2', 'N-1')).rejects.toThrow(/reservation_number/);
    const confirmed = await rig.transaction((tx) => saleConfirmed(tx, '1', 'S-77'));
    expect(confirmed).toMatchObject({ reservations: [{ status: 'exported', erpReference: 'S-77' }], toCancel: [] });
    expect((await rig.transaction((tx) => saleConfirmed(tx, '1', 'S-78'))).reservations).toEqual([]);
    expect(await rig.reserved()).toEqual(['A@HAM 4']);
  });

  it('an order without stock is not exported, and is told so', async () => {
    await rig.announceStock({ 'A@HAM': { onHand: 1 } });
    await hold(request('1', { A: 1 }));
    await release('1');
    const after = await exported('1');
    expect(after).toMatchObject({ kind: 'nothing', changes: { reservations: [{ status: 'released', exportRefusal: { code: 'NOT_RESERVED' } }] } });
    expect((await exported('1')).changes.reservations).toEqual([]);
    expect(await exported('9')).toMatchObject({ changes: { reservations: [{ orderId: '9', status: 'released', lines: [{ sku: 'A', allocations: [] }] }] } });
    expect((await hold(request('9', { A: 1 }))).reservations).toEqual([]);
  });

  it('what the ERP refuses stays held until somebody decides', async () => {
    await rig.announceStock({ 'A@HAM': { onHand: 1 } });
    await hold(request('1', { A: 1 }));
    await exported('1');
    const refused = await rig.transaction((tx) => saleRefused(tx, '1', { code: 'BLOCKED', reason: 'customer is blocked' }, at(3)));
    expect(refused.reservations).toMatchObject([{ status: 'held', exportRefusal: { code: 'BLOCKED' } }]);
    expect((await expire(60)).reservations).toEqual([]);
    expect((await release('1')).reservations).toMatchObject([{ status: 'released', exportRefusal: { code: 'BLOCKED' } }]);
    expect(await rig.reserved()).toEqual([]);
  });

  it('an order that is given up while the ERP answers is released after the answer', async () => {
    await rig.announceStock({ 'A@HAM': { onHand: 2 } });
    await hold(request('1', { A: 1 }), request('2', { A: 1 }));
    await exported('1');
    await exported('2');
    expect(await release('1', '2')).toMatchObject({ reservations: [], toCancel: [] });
    expect(await rig.reserved()).toEqual(['A@HAM 2']);
    expect((await rig.transaction((tx) => saleRefused(tx, '1', { code: 'NO', reason: 'no' }, at(3)))).reservations).toMatchObject([{ status: 'released' }]);
    expect((await rig.transaction((tx) => saleConfirmed(tx, '2', 'S-2'))).toCancel).toMatchObject([{ orderId: '2' }]);
    expect(await rig.reserved()).toEqual(['A@HAM 1']);
    expect((await rig.transaction((tx) => saleCalledOff(tx, '2', at(4)))).reservations).toMatchObject([{ status: 'released', erpReference: 'S-2' }]);
    // S3: free once the stock was counted, as a shipment is.
    expect(await rig.reserved()).toEqual(['A@HAM 1']);
  });

  it('an exported order is given back only when the ERP has cancelled it', async () => {
    await rig.announceStock({ 'A@HAM': { onHand: 2 } });
    await hold(request('1', { A: 1 }), request('2', { A: 1 }));
    for (const orderId of ['1', '2']) {
      await exported(orderId);
      await rig.transaction((tx) => saleConfirmed(tx, orderId, `S-${orderId}`));
    }
    expect((await release('1', '2')).toCancel.map(({ orderId }) => orderId)).toEqual(['1', '2']);
    expect((await release('1', '2')).toCancel).toEqual([]);
    expect(await rig.reserved()).toEqual(['A@HAM 2']);
    await rig.transaction((tx) => saleCalledOff(tx, '1', at(4)));
    const stays = await rig.transaction((tx) => saleStays(tx, '2', { code: 'SHIPPED', reason: 'it has left' }));
    expect(stays.reservations).toMatchObject([{ status: 'exported', exportRefusal: { code: 'SHIPPED' } }]);
    expect(await rig.statuses()).toEqual({ 1: 'released', 2: 'exported' });
    await rig.transaction(async (tx) => settleShipments(tx, ['A@HAM'], { no: await rig.readNo(), at: at(6) }, 0, at(6)));
    expect(await rig.statuses()).toEqual({ 1: 'released', 2: 'exported' });
    expect(await rig.reserved()).toEqual(['A@HAM 1']);
  });

  it('S2: the ledger is append-only, and a sum never falls below zero', async () => {
    await rig.announceStock({ 'A@HAM': { onHand: 2 } });
    await hold(request('1', { A: 2 }));
    await expect(rig.rows('delete from reservation_ledger')).rejects.toThrow('append-only');
    await expect(rig.rows('update reservation_ledger set quantity = 1')).rejects.toThrow('append-only');
    await expect(rig.rows(`update reserved_stock set reserved = reserved - 3`)).rejects.toThrow(/check/);
    await expect(rig.rows(`insert into reservation_ledger select 9, order_id, line_id, sku, location, quantity, kind, null, at from reservation_ledger`)).rejects.toThrow();
  });
});
