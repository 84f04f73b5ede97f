import { retire } from '@steward/event-bus';
import { giveUp } from '../reservation/end';
import { intendExport, saleConfirmed } from '../reservation/export';
import { holdStock } from '../reservation/hold';
import { asked, at, openRig, request, type Rig, shipment } from '../fixtures/rig.fixture.spec';
import { reservationRetentions } from './reservation.retention';
import { seeShipments, settleShipments } from '../reservation/ship';

const dayMs = 86_400_000;
const later = (days: number): number => at(0).getTime() + days * dayMs;

describe('what reservations leave in the ledger', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await openRig();
  });
  beforeEach(() => rig.clear());
  afterAll(() => rig.close());

  const retireAfter = async (days: number, batch = 100) => {
    const counts: number[] = [];
    for (const retention of reservationRetentions) counts.push(await retire(rig.database, retention, later(days), batch));
    return counts;
  };
  const hold = (orderId: string, lines: Record<string, number>, expiresAt = at(30)) => rig.transaction((tx) => holdStock(tx, [request(orderId, lines, expiresAt)], at(0)));
  const release = (orderId: string) => rig.transaction((tx) => giveUp(tx, [asked(orderId)], at(2)));
  const see = (given: ReturnType<typeof shipment>, minute = 5) =>
    rig.transaction(async (tx) => {
      await rig.announceShipment(tx, given);
      return seeShipments(tx, [given.shipmentId], at(minute));
    });
  const sellAndShip = async (orderId: string, pieces: number, left: number) => {
    await hold(orderId, { A: pieces });
    await rig.transaction((tx) => intendExport(tx, { ...asked(orderId), number: `N-${orderId}`, lines: [] }, at(1)));
    await rig.transaction((tx) => saleConfirmed(tx, orderId, `S-${orderId}`));
    await see(shipment(`P-${orderId}`, `N-${orderId}`, { A: pieces }));
    const no = await rig.readNo();
    await rig.announceStock({ 'A@HAM': { onHand: left } }, no);
    await rig.transaction((tx) => settleShipments(tx, ['A@HAM'], { no, at: at(6) }, 0, at(7)));
  };
  const orders = async (table: string) => (await rig.rows<{ id: string }>(`select distinct order_id as id from ${table} order by 1`)).map(({ id }) => id);

  it('S2: goes a quarter after the order is over, and every sum is what it was', async () => {
    await rig.announceStock({ 'A@HAM': { onHand: 9 }, 'B@HAM': { onHand: 9 } });
    await hold('held', { A: 1, B: 2 }, at(59));
    await hold('released', { A: 1, B: 1 });
    await release('released');
    await sellAndShip('shipped', 3, 6);
    const before = await rig.reserved();
    expect(await retireAfter(89)).toEqual([0, 0]);
    expect(await retireAfter(91)).toEqual([6, 1]);
    // `reserved` holds the sums against the ledger.
    expect([await rig.reserved(), before]).toEqual([before, ['A@HAM 1', 'B@HAM 2']]);
    expect([await orders('reservation_ledger'), await orders('leaving'), await retireAfter(91)]).toEqual([['held'], [], [0, 0]]);
    expect(await rig.statuses()).toMatchObject({ held: 'held', released: 'released', shipped: 'shipped' });
  });

  it('S2: what comes once more for an order that is long over moves no stock', async () => {
    await rig.announceStock({ 'A@HAM': { onHand: 9 } });
    await hold('released', { A: 1 });
    await release('released');
    await sellAndShip('shipped', 3, 6);
    await retireAfter(91);
    await hold('released', { A: 1 });
    await hold('shipped', { A: 3 });
    await release('shipped');
    await see(shipment('P-shipped', 'N-shipped', { A: 3 }, { carrier: 'told of once more' }));
    await see(shipment('P-shipped', 'N-shipped', { A: 3 }, { status: 'cancelled' }));
    expect([await rig.reserved(), await rig.statuses()]).toEqual([[], expect.objectContaining({ released: 'released', shipped: 'shipped' })]);
  });

  it('goes in batches of orders, and what somebody has in hand goes the next time', async () => {
    await rig.announceStock({ 'A@HAM': { onHand: 9 } });
    for (const orderId of ['1', '2', '3']) {
      await hold(orderId, { A: 1 });
      await release(orderId);
    }
    await rig.transaction(async (tx) => {
      await tx.query(`select from reservation where order_id = '2' for update`);
      expect(await retireAfter(91)).toEqual([4, 0]);
    });
    expect(await orders('reservation_ledger')).toEqual(['2']);
    expect(await retireAfter(91, 1)).toEqual([2, 0]);
  });

  it('is changed by nobody else', async () => {
    await rig.announceStock({ 'A@HAM': { onHand: 9 } });
    await hold('1', { A: 1 });
    await expect(rig.rows('delete from reservation_ledger')).rejects.toThrow('append-only');
    await expect(rig.transaction((tx) => tx.query(`set local steward.retention = 'on'`).then(() => tx.query('update reservation_ledger set quantity = 2')))).rejects.toThrow('append-only');
    await rig.transaction((tx) => tx.query(`set local steward.retention = 'on'`));
    await expect(rig.rows('delete from reservation_ledger')).rejects.toThrow('append-only');
  });
});
