import { resilientHttp, type ResilientHttp } from '@steward/adapter-kit';
import { createLogger, systemClock } from '@steward/platform';
import { orderOf } from '../fixtures/order.fixture.spec';
import { type Fault, FakeTryton } from '../fixtures/tryton.fixture.spec';
import type { Sale, SaleDesk, Written } from '../sale/ports';
import { trytonDesk } from './sale.client';
import { trytonSession } from './session.client';

const saleOf = (orderId: string, lines: Record<string, number> = { A: 2, B: 1 }, more: Partial<Sale> = {}): Sale => {
  const order = orderOf(orderId, lines);
  return { ...order, lines: order.lines.map((line) => ({ ...line, location: 'WH' })), ...more };
};

describe('a sale in Tryton', () => {
  let tryton: FakeTryton;
  let http: ResilientHttp;
  let desk: SaleDesk;
  const call = { key: 'k', idempotencyKey: 'sale:k', signal: new AbortController().signal };

  beforeEach(async () => {
    tryton = await new FakeTryton().start();
    http = resilientHttp({ dependency: 'tryton', clock: systemClock, logger: createLogger({ service: 'erp-test', level: 'silent' }), limits: { retryBucket: 0 } });
    desk = trytonDesk(trytonSession(http, { url: tryton.url, user: 'steward', password: 'only-here' }));
  });
  afterEach(async () => {
    await http.close();
    await tryton.stop();
  });

  /** As the kit has it: what is not known is looked for, and only what is absent is sent again. */
  const effect = async (submit: () => Promise<Written>, look: () => ReturnType<SaleDesk['place']['look']>): Promise<Written> => {
    for (let known = false; ; ) {
      try {
        if (!known) return await submit();
        const found = await look();
        if (found.kind !== 'absent') return found;
        known = false;
      } catch {
        known = true;
      }
    }
  };
  const place = (sale: Sale): Promise<Written> => effect(() => desk.place.submit(sale, call), () => desk.place.look(sale, call));
  const cancel = (sale: Sale): Promise<Written> => {
    const request = { orderId: sale.orderId, number: sale.number, reference: 'SO-1' };
    return effect(() => desk.cancel.submit(request, call), () => desk.cancel.look(request, call));
  };
  const callsOf = async (work: () => Promise<unknown>): Promise<number> => {
    const before = tryton.calls.length;
    await work();
    return tryton.calls.length - before;
  };

  it('is made of the order’s lines, at net prices, for a party that is found again', async () => {
    expect(await place(saleOf('a', { A: 2, B: 1 }, { customerId: 'C-1' }))).toEqual({ kind: 'confirmed', answer: { reference: 'SO-1' } });
    await place(saleOf('b', { A: 1 }, { customerId: 'C-1' }));
    expect([tryton.parties.length, tryton.addresses.length, tryton.sales.map(({ state }) => state)]).toEqual([1, 1, ['processing', 'processing']]);
    expect(tryton.sales[0]?.values).toMatchObject({
      reference: 'W-0000000A', party: 1, invoice_address: 1, shipment_address: 1, currency: 1, warehouse: 5, invoice_method: 'manual',
      lines: [['create', [{ product: 1, quantity: 2, unit: 1, unit_price: { decimal: '5.0000' } }, { product: 2, quantity: 1, unit_price: { decimal: '10.0000' } }]]],
    });
  });

  it.each<Fault>(['lost before', 'lost after'])('S6: is one sale, whichever call of it is %s', async (what) => {
    const calls = await callsOf(() => place(saleOf('x')));
    for (let n = 1; n <= calls; n += 1) {
      const sale = saleOf(`s${n}`);
      tryton.fault = { call: tryton.calls.length + n, what };
      expect(await place(sale)).toMatchObject({ kind: 'confirmed' });
      expect([n, tryton.sales.filter(({ values }) => values['reference'] === sale.number).map(({ state }) => state)]).toEqual([n, ['processing']]);
    }
  }, 60_000);

  it.each<Fault>(['lost before', 'lost after'])('S6: is cancelled, whichever call of that is %s', async (what) => {
    await place(saleOf('x'));
    const calls = await callsOf(() => cancel(saleOf('x')));
    for (let n = 1; n <= calls; n += 1) {
      const sale = saleOf(`c${n}`);
      await place(sale);
      tryton.fault = { call: tryton.calls.length + n, what };
      expect(await cancel(sale)).toMatchObject({ kind: 'confirmed' });
      expect(tryton.sales.at(-1)?.shipments.map(({ state }) => state)).toEqual(['cancelled']);
    }
  }, 60_000);

  it('that Tryton refuses is refused, and leaves no draft behind', async () => {
    expect(await place(saleOf('a', { NOWHERE: 1 }))).toMatchObject({ kind: 'refused', code: 'UNKNOWN_PRODUCT' });
    expect(await place(saleOf('b', { A: 1 }, { currency: 'XXX' }))).toMatchObject({ kind: 'refused', code: 'UNKNOWN_CURRENCY' });
    const quote = (await callsOf(() => place(saleOf('x')))) - 3;
    tryton.fault = { call: tryton.calls.length + quote, what: 'refuse' };
    expect(await place(saleOf('c'))).toEqual({ kind: 'refused', code: 'UserError', reason: 'not today' });
    expect(tryton.sales.map(({ state }) => state)).toEqual(['processing', 'cancelled']);
  });

  it('that has left the warehouse is not cancelled any more', async () => {
    await place(saleOf('a'));
    const [shipment] = tryton.sales[0]?.shipments ?? [];
    if (shipment) shipment.state = 'done';
    expect(await cancel(saleOf('a'))).toMatchObject({ kind: 'refused', code: 'ALREADY_SHIPPED' });
    expect(await cancel(saleOf('b'))).toMatchObject({ kind: 'refused', code: 'NOT_FOUND' });
  });
});
