// T2: any order of what shoppers, the order service, time, the ERP and its feeds do never sells a unit twice, and forgets none.
import fc from 'fast-check';
import { expireReservations, giveUp } from './end';
import { intendExport, saleCalledOff, saleConfirmed, saleRefused, saleStays } from './export';
import { holdStock } from './hold';
import { holdingsOf } from './ledger.store';
import { asked, at, openRig, request, type Rig, shipment } from '../fixtures/rig.fixture.spec';
import { seeShipments, settleShipments } from './ship';

const skus = ['A', 'B'] as const;
const locations = ['HAM', 'MUC'] as const;
const orders = ['1', '2', '3', '4', '5', '6'] as const;
const carts = ['c1', 'c2', 'c3'] as const;

const order = fc.constantFrom(...orders);
const place = fc.record({ sku: fc.constantFrom(...skus), location: fc.constantFrom(...locations) });
/** Taken modulo what there is to do it with, so that most steps do something. */
const which = fc.nat(11);
const on = <Name extends string, More extends object>(name: Name, weight: number, more: { [K in keyof More]: fc.Arbitrary<More[K]> }) => ({ weight, arbitrary: fc.record({ do: fc.constant(name), ...more }) as unknown as fc.Arbitrary<{ do: Name } & More> });
const lines = fc.dictionary(fc.constantFrom(...skus), fc.integer({ min: 1, max: 4 }), { minKeys: 1 });
const expires = fc.integer({ min: 0, max: 40 });
const cart = fc.constantFrom(...carts);
const wanted = fc.record({ order, lines, expires, cart: fc.option(cart, { freq: 2 }) });
const step = fc.oneof(
  on('hold', 5, { wanted: fc.array(wanted, { minLength: 1, maxLength: 4 }) }),
  on('hold cart', 3, { cart, lines, expires }),
  on('give up', 1, { which }),
  on('give up unseen', 1, { order: fc.oneof(order, cart) }),
  on('pass time', 1, { minutes: fc.integer({ min: 1, max: 15 }) }),
  on('export', 5, { which }),
  on('answer', 6, { which, yes: fc.nat(4).map((chance) => chance > 0) }),
  on('ship', 6, { which, from: fc.constantFrom(...locations), share: fc.constantFrom(1, 2, 9) }),
  on('cancel shipment', 2, { which }),
  on('see shipment', 5, { which }),
  on('receive', 1, { place, quantity: fc.integer({ min: 1, max: 3 }) }),
  on('ask for stock', 5, { places: fc.array(place, { minLength: 1, maxLength: 3 }) }),
  on('hear stock', 5, { which }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

interface Parcel {
  readonly id: string;
  readonly order: string;
  readonly location: string;
  readonly lines: Record<string, number>;
  cancelled: boolean;
  seen: boolean;
}

/** The ERP as it really is, and what of it is on its way to us. */
class Erp {
  readonly onHand = new Map<string, number>();
  readonly sales = new Map<string, { open: Map<string, number>; state: 'asked' | 'taken' | 'refused' | 'cancelled' }>();
  readonly shipments: Parcel[] = [];
  readonly reads: { no: number; minute: number; levels: Record<string, number> }[] = [];

  constructor() {
    for (const sku of skus) for (const location of locations) this.onHand.set(`${sku}@${location}`, 3);
  }

  add(key: string, quantity: number): void {
    this.onHand.set(key, (this.onHand.get(key) ?? 0) + quantity);
  }

  /** What of the sale lies there, or less. */
  /** What of a sale lies there, or less. */
  ship(which: number, location: string, share: number): void {
    const taken = [...this.sales].filter(([, { state, open }]) => state === 'taken' && [...open.values()].some((quantity) => quantity > 0));
    const [order, sale] = taken[which % taken.length] ?? [];
    if (order === undefined || sale === undefined) return;
    const lines = Object.fromEntries([...sale.open].map(([sku, open]): [string, number] => [sku, Math.min(open, share, this.onHand.get(`${sku}@${location}`) ?? 0)]).filter(([, quantity]) => quantity > 0));
    if (Object.keys(lines).length > 0) this.move({ id: `P${this.shipments.length}`, order, location, lines, cancelled: false, seen: false }, 1);
  }

  /** Which one it was, if any could be. */
  cancelShipment(which: number): number | undefined {
    const index = which % this.shipments.length;
    const parcel = this.shipments[index];
    if (parcel?.cancelled !== false || this.sales.get(parcel.order)?.state !== 'taken') return undefined;
    this.move(parcel, -1);
    return index;
  }

  private move(parcel: Parcel, out: 1 | -1): void {
    const open = this.sales.get(parcel.order)?.open;
    for (const [sku, quantity] of Object.entries(parcel.lines)) {
      open?.set(sku, (open.get(sku) ?? 0) - out * quantity);
      this.add(`${sku}@${parcel.location}`, -out * quantity);
    }
    if (out === 1) this.shipments.push(parcel);
    parcel.cancelled = out === -1;
  }
}

describe('any interleaving', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await openRig();
  });
  afterAll(() => rig.close());

  /** `forged` pretends that every read began after everything that is known. */
  const play = async (plan: readonly Step[], forged = false): Promise<void> => {
    await rig.clear();
    const erp = new Erp();
    let minute = 0;
    const hear = async (which: number): Promise<void> => {
      const [heard] = erp.reads.splice(which % Math.max(1, erp.reads.length), 1);
      if (heard === undefined) return;
      await rig.announceStock(Object.fromEntries(Object.entries(heard.levels).map(([key, onHand]) => [key, { onHand }])), heard.no);
      await rig.transaction((tx) => settleShipments(tx, Object.keys(heard.levels), forged ? { no: 1e9, at: at(1e4) } : { no: heard.no, at: at(heard.minute) }, 0, at(minute)));
    };
    const ask = async (keys: readonly string[]): Promise<void> => void erp.reads.push({ no: await rig.readNo(), minute, levels: Object.fromEntries(keys.map((key) => [key, erp.onHand.get(key) ?? 0])) });
    const see = async (which: number): Promise<void> => {
      const parcel = erp.shipments[which % erp.shipments.length];
      if (!parcel) return;
      parcel.seen = true;
      await rig.transaction(async (tx) => {
        await rig.announceShipment(tx, shipment(parcel.id, `N-${parcel.order}`, parcel.lines, { location: parcel.location, status: parcel.cancelled ? 'cancelled' : 'shipped' }));
        await seeShipments(tx, [parcel.id], at(minute));
      });
    };
    const pick = async (which: number, where: string): Promise<string | undefined> => {
      const found = await rig.rows<{ order_id: string }>(`select order_id from reservation where ${where} order by order_id`);
      return found[which % Math.max(1, found.length)]?.order_id;
    };
    const give = async (id: string): Promise<unknown> => rig.transaction((tx) => giveUp(tx, [{ ...asked(id), cart: id.startsWith('c') }], at(minute)));
    /** Whether what has left unseen left the places where it is held: else stock levels of these places can't tell of it. */
    const leftWhereHeld = async (id: string): Promise<boolean> => {
      const held = new Map((await rig.transaction((tx) => holdingsOf(tx, [id]))).map((holding) => [`${holding.sku}@${holding.location}`, holding.held - holding.leaving]));
      for (const { location, lines } of erp.shipments.filter((parcel) => parcel.order === id && !parcel.seen)) {
        for (const [sku, quantity] of Object.entries(lines)) held.set(`${sku}@${location}`, (held.get(`${sku}@${location}`) ?? 0) - quantity);
      }
      return [...held.values()].every((left) => left >= 0);
    };
    const answer = async (which: number, yes: boolean): Promise<void> => {
      const id = await pick(which, `export in ('intended', 'calling_off')`);
      const sale = id === undefined ? undefined : erp.sales.get(id);
      if (id === undefined || sale === undefined) return;
      const no = { code: 'NO', reason: 'no' };
      if (sale.state === 'asked') {
        sale.state = yes ? 'taken' : 'refused';
        await rig.transaction((tx) => (yes ? saleConfirmed(tx, id, `S-${id}`) : saleRefused(tx, id, no, at(minute))));
      } else {
        const agreed = yes && (await leftWhereHeld(id));
        if (agreed) sale.state = 'cancelled';
        await rig.transaction((tx) => (agreed ? saleCalledOff(tx, id, at(minute)) : saleStays(tx, id, no)));
      }
    };
    const run = async (next: Step): Promise<unknown> => {
      switch (next.do) {
        case 'hold':
          return rig.transaction((tx) => holdStock(tx, next.wanted.map((each) => ({ ...request(each.order, each.lines, at(minute + each.expires)), cartReservationId: each.cart })), at(minute)));
        case 'hold cart':
          return rig.transaction((tx) => holdStock(tx, [{ ...request(next.cart, next.lines, at(minute + next.expires)), cart: true }], at(minute)));
        case 'give up': {
          const id = await pick(next.which, `status in ('held', 'exported')`);
          return id === undefined ? undefined : give(id);
        }
        case 'give up unseen':
          return give(next.order);
        case 'pass time':
          minute += next.minutes;
          return rig.transaction((tx) => expireReservations(tx, at(minute), 2));
        case 'export': {
          const id = (await pick(next.which, `status = 'held' and export is null and not cart`)) ?? 'unknown';
          const decision = await rig.transaction((tx) => intendExport(tx, { ...asked(id), number: `N-${id}`, lines: [{ lineId: '1', sku: 'A', quantity: 1 }] }, at(minute)));
          if (decision.kind === 'export') erp.sales.set(id, { state: 'asked', open: new Map(decision.reservation.lines.map(({ sku, quantity }) => [sku, quantity])) });
          return;
        }
        case 'answer':
          return answer(next.which, next.yes);
        case 'ship':
          return erp.ship(next.which, next.from, next.share);
        case 'cancel shipment': {
          // Heard of at once: while it is not, goods that came back look like new ones, whatever one does.
          const cancelled = erp.cancelShipment(next.which);
          return cancelled === undefined ? undefined : see(cancelled);
        }
        case 'see shipment':
          return see(next.which);
        case 'receive':
          return erp.add(`${next.place.sku}@${next.place.location}`, next.quantity);
        case 'ask for stock':
          return ask(next.places.map(({ sku, location }) => `${sku}@${location}`));
        case 'hear stock':
          return hear(next.which);
      }
    };
    /** I4: what is owed to orders and still lies in the warehouses is never more than what lies there. */
    const check = async (): Promise<void> => {
      await rig.reserved();
      const owed = new Map<string, number>();
      const rows = await rig.rows<{ order_id: string; status: string; lines: { sku: string; quantity: number }[] }>(`select order_id, status, lines from reservation where status in ('held', 'exported', 'shipped')`);
      for (const { order_id, lines } of rows) {
        const gone = erp.shipments.filter((parcel) => parcel.order === order_id && !parcel.cancelled);
        for (const { sku, quantity } of lines) owed.set(sku, (owed.get(sku) ?? 0) + quantity - gone.reduce((sum, parcel) => sum + (parcel.lines[sku] ?? 0), 0));
      }
      for (const sku of skus) {
        const there = locations.reduce((sum, location) => sum + (erp.onHand.get(`${sku}@${location}`) ?? 0), 0);
        if ((owed.get(sku) ?? 0) > there) throw new Error(`oversold ${sku}: ${owed.get(sku)} owed, ${there} there`);
      }
      // S2: an order that is over holds nothing but what is on its way out of the ledger.
      const over = await rig.rows(`select r.order_id from reservation r join reservation_ledger l using (order_id) where r.status in ('refused', 'released', 'expired', 'shipped')
        group by r.order_id having sum(l.quantity) <> coalesce((select sum(quantity) from leaving s where s.order_id = r.order_id and settled_at is null), 0)`);
      expect(over).toEqual([]);
      // Each unit was ended one way: the last word on a line is given once.
      expect(await rig.rows(`select order_id from reservation_ledger where kind in ('release', 'expire') group by order_id having count(distinct kind) > 1`)).toEqual([]);
    };

    await ask([...erp.onHand.keys()]);
    await hear(0);
    for (const next of plan) {
      await run(next);
      await check();
    }
    // Everything is seen, everybody gives up what has not left, the ERP agrees: nothing stays reserved.
    for (const which of erp.shipments.keys()) await see(which);
    for (const id of [...orders, ...carts]) await give(id);
    while ((await pick(0, `export in ('intended', 'calling_off')`)) !== undefined) await answer(0, true);
    for (const which of erp.shipments.keys()) await see(which);
    while (erp.reads.length > 0) await hear(0);
    await ask([...erp.onHand.keys()]);
    await hear(0);
    await check();
    if (!forged) expect(await rig.reserved()).toEqual([]);
  };

  it('S1, S2, S3, I4: of shoppers, carts, time, an ERP and late feeds sells nothing twice and forgets nothing', async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60, size: 'max' }), (plan) => play(plan)), { numRuns: 40 });
  }, 240_000);

  it('T3: the same check catches a ledger that takes goods off by a read of before', async () => {
    const plan: Step[] = [
      { do: 'hold', wanted: [{ order: '1', lines: { A: 3 }, expires: 30, cart: null }] },
      { do: 'export', which: 0 },
      { do: 'answer', which: 0, yes: true },
      { do: 'ask for stock', places: [{ sku: 'A', location: 'HAM' }, { sku: 'A', location: 'MUC' }] },
      { do: 'ship', which: 0, from: 'HAM', share: 9 },
      { do: 'see shipment', which: 0 },
      { do: 'hear stock', which: 0 },
      { do: 'hold', wanted: [{ order: '2', lines: { A: 3 }, expires: 30, cart: null }, { order: '3', lines: { A: 3 }, expires: 30, cart: null }] },
    ];
    await play(plan);
    await expect(play(plan, true)).rejects.toThrow('oversold A');
  });
});
