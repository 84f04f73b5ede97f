import { eventually, tablesThatMention } from '@steward/testing';
import { type Line, openLine } from './fixtures/line.fixture.spec';

describe('the erp service', () => {
  let line: Line;
  beforeAll(async () => {
    line = await openLine({ 'A@HAM-1': 5, 'A@MUC-2': 2, 'B@HAM-1': 1, 'C@HAM-1': 10, 'D@HAM-1': 10, 'E@HAM-1': 10, 'F@HAM-1': 10 });
  }, 90_000);
  afterAll(() => line?.close());

  const salesOf = async (orderId: string) => (await line.sales()).filter(({ reference }) => reference === `W-${orderId.toUpperCase().padStart(8, '0')}`);
  /** Held, exported and known to the ERP. */
  const sold = async (orderId: string, lines: Readonly<Record<string, number>>) => {
    await line.reserve({ orderId, lines });
    await line.until(orderId, ({ status }) => status === 'held');
    await line.export(orderId, lines);
    return line.until(orderId, ({ status }) => status === 'exported');
  };

  it('S1: holds or refuses what orders ask for, and says how much is held where', async () => {
    await line.reserve({ orderId: 'a1', lines: { A: 6, B: 1 } }, { orderId: 'a2', lines: { A: 2 } }, { orderId: 'a3', lines: { A: 1 } }, { orderId: 'a4', lines: { Z: 1 } });
    expect(await line.until('a4', ({ status }) => status === 'refused')).toMatchObject({ refusal: { code: 'UNKNOWN_SKU', sku: 'Z', available: 0 } });
    expect(await line.until('a2', ({ status }) => status === 'refused')).toMatchObject({ refusal: { code: 'OUT_OF_STOCK', sku: 'A', available: 1 } });
    expect(await line.until('a1', ({ status }) => status === 'held')).toMatchObject({ lines: [{ sku: 'A', allocations: [{ location: 'HAM-1', quantity: 5 }, { location: 'MUC-2', quantity: 1 }] }, { sku: 'B' }], expiresAt: expect.any(String) });
    expect(await line.until('a3', ({ status }) => status === 'held')).toMatchObject({ lines: [{ allocations: [{ location: 'MUC-2', quantity: 1 }] }] });
    expect(await line.reserved()).toMatchObject({ 'A@HAM-1': 5, 'A@MUC-2': 2, 'B@HAM-1': 1 });
  });

  it('S2: gives back what is released, and what nobody came for in time', async () => {
    await line.reserve({ orderId: 'b1', lines: { C: 4 } }, { orderId: 'b2', lines: { C: 5 }, expiresInMs: 300 });
    await line.until('b1', ({ status }) => status === 'held');
    await line.release('b1', 'b1', 'b0');
    await line.until('b1', ({ status }) => status === 'released');
    await line.until('b2', ({ status }) => status === 'expired');
    expect((await line.reserved())['C@HAM-1']).toBe(0);
  });

  it('exports an order as one sale, and takes its goods off when they have left', async () => {
    const state = await sold('c1', { C: 3 });
    expect(state).toMatchObject({ expiresAt: null, exportRefusal: null });
    const [sale, ...more] = await salesOf('c1');
    expect(more).toEqual([]);
    expect(sale).toMatchObject({ id: state.erpReference, state: 'confirmed', positions: [{ line: '1', warehouse: 'HAM-1', unitPrice: '11.90', net: '10.00' }] });
    await line.control('PUT', 'erp/shipments/D-C1', { reference: sale?.reference, warehouse: 'HAM-1', positions: [{ line: '1', article: 'C', pieces: 2 }], state: 'packed' });
    await line.control('PUT', 'erp/shipments/D-C2', { reference: sale?.reference, warehouse: 'HAM-1', positions: [{ line: '1', article: 'C', pieces: 1 }] });
    await line.control('PUT', 'erp/shipments/D-C1', { reference: sale?.reference, warehouse: 'HAM-1', positions: [{ line: '1', article: 'C', pieces: 2 }] });
    await line.until('c1', ({ status }) => status === 'shipped');
    expect((await line.reserved())['C@HAM-1']).toBe(0);
    expect(await line.rows(`select kind, sum(quantity)::int as sum from reservation_ledger where order_id = 'c1' group by kind order by kind`)).toEqual([{ kind: 'hold', sum: 3 }, { kind: 'ship', sum: -3 }]);
    expect(await line.rows(`select data ->> 'onHand' as "onHand" from announced where key = 'C@HAM-1' and entity = 'stock-level'`)).toEqual([{ onHand: '7' }]);
  });

  it('S6: a sale whose answer was lost is found again, not made again', async () => {
    await line.control('POST', 'erp/faults', { kind: 'drop-after-commit', times: 1, match: { path: '/erp/sales', method: 'POST' } });
    await line.control('DELETE', 'erp/idempotency-keys');
    const state = await sold('d1', { D: 1 });
    expect(await salesOf('d1')).toMatchObject([{ id: state.erpReference }]);
  });

  it('keeps the stock of an order that the ERP refuses until somebody decides', async () => {
    await line.control('POST', 'erp/faults', { kind: 'refuse', code: 'credit_limit', message: 'no credit', times: 1, match: { path: '/erp/sales', method: 'POST' } });
    await line.reserve({ orderId: 'e1', lines: { D: 2 } });
    await line.until('e1', ({ status }) => status === 'held');
    await line.export('e1', { D: 2 });
    expect(await line.until('e1', ({ exportRefusal }) => exportRefusal !== null)).toMatchObject({ status: 'held', exportRefusal: { code: 'credit_limit', reason: 'no credit' } });
    expect(await salesOf('e1')).toEqual([]);
    await line.cancelExport('e1');
    await line.until('e1', ({ status }) => status === 'released');
  });

  it('has the sale of an order cancelled that is given up, and its stock back when it was counted', async () => {
    await sold('f1', { E: 4 });
    await line.cancelExport('f1');
    await line.until('f1', ({ status }) => status === 'released');
    expect(await salesOf('f1')).toMatchObject([{ state: 'cancelled' }]);
    // Nobody touches the stock level: it is read again because there is something to find out.
    await eventuallyZero('E@HAM-1');
  });

  it('an order of which a part has left stays with the ERP', async () => {
    await sold('g1', { F: 4 });
    await line.control('PUT', 'erp/shipments/D-G1', { reference: 'W-000000G1', warehouse: 'HAM-1', positions: [{ article: 'F', pieces: 1 }] });
    await line.release('g1');
    expect(await line.until('g1', ({ exportRefusal }) => exportRefusal !== null)).toMatchObject({ status: 'exported', exportRefusal: { code: 'already_shipped' } });
    // Somebody asks again, and it is asked again.
    await line.cancelExport('g1');
    await eventually(async () => (await line.rows(`select from effect where kind = 'cancel-sale' and key like 'g1%' and state = 'refused'`)).length === 2);
    await line.control('PUT', 'erp/shipments/D-G2', { reference: 'W-000000G1', warehouse: 'HAM-1', positions: [{ article: 'F', pieces: 3 }] });
    await line.until('g1', ({ status }) => status === 'shipped');
    await eventuallyZero('F@HAM-1');
  });

  it('forgets whom a sale was for when it is told to, and what the ERP said; that it was sold stays', async () => {
    await sold('i1', { D: 1 });
    await line.control('POST', 'erp/faults', { kind: 'refuse', code: 'credit_limit', message: 'Ada Lund has no credit', times: 1, match: { path: '/erp/sales', method: 'POST' } });
    await line.reserve({ orderId: 'i2', lines: { D: 1 } });
    await line.until('i2', ({ status }) => status === 'held');
    await line.export('i2', { D: 1 });
    const refused = await line.until('i2', ({ exportRefusal }) => exportRefusal !== null);
    expect(refused.exportRefusal?.reason).toBe('Ada Lund has no credit');
    await sold('i3', { D: 1 });
    for (const orderId of ['i1', 'i2']) await line.forget(orderId);
    expect(await line.until('i2', ({ exportRefusal }) => exportRefusal?.reason === 'erased')).toMatchObject({ status: 'held', exportRefusal: { code: 'credit_limit' } });
    const requests = () => line.rows<{ key: string; state: string; name: string }>(`select key, state, request #>> '{shippingAddress,name}' as name from effect where kind = 'sale' and key like 'i%' order by key`);
    await eventually(async () => (await requests()).filter(({ name }) => name === 'erased').length === 2);
    expect(await requests()).toEqual([{ key: 'i1', state: 'confirmed', name: 'erased' }, { key: 'i2', state: 'refused', name: 'erased' }, { key: 'i3', state: 'confirmed', name: 'Ada Lund' }]);
    expect(await line.rows(`select distinct entity from outbox where body like '%Ada Lund%' and key like 'i%'`)).toEqual([]);
    expect(await tablesThatMention(line.pool, 'has no credit')).toEqual([]);
    await line.cancelExport('i2');
    await line.until('i2', ({ status }) => status === 'released');
  });

  it('goes on where it was: an order given up while the ERP hangs is released when it is known what became of it', async () => {
    await line.reserve({ orderId: 'h1', lines: { D: 3 } }, { orderId: 'h2', lines: { D: 1 } });
    await line.until('h2', ({ status }) => status === 'held');
    await line.control('POST', 'erp/faults', { kind: 'hang', match: { path: '/erp/sales', method: 'POST' } });
    await line.export('h1', { D: 3 });
    await line.until('h1', ({ expiresAt }) => expiresAt === null);
    await line.release('h1');
    await line.restart();
    await line.control('DELETE', 'erp/faults');
    expect(await line.until('h1', ({ status }) => status === 'released')).toMatchObject({ exportRefusal: { code: 'EFFECT_ABANDONED' } });
    expect(await salesOf('h1')).toEqual([]);
    expect(await line.until('h2', ({ status }) => status === 'held')).toMatchObject({ status: 'held' });
  }, 90_000);

  const eventuallyZero = (place: string) => eventually(async () => (await line.reserved())[place] === 0, { withinMs: 60_000 });
});
