import { failOnLeaks } from '@steward/testing';
import { anOrder, aSale, startTrial, type Trial } from '../trial.client';

describe('orders and sales', () => {
  let trial: Trial;
  beforeAll(async () => {
    trial = await startTrial({ STEWARD_SANDBOX_RATE_LIMIT: '0' });
    await trial.control('POST', '/erp/stock', [{ id: 'TENT-1@HAM-1', quantity: 10 }, { id: 'TENT-1@MUC-2', quantity: 4 }, { id: 'TENT-10@HAM-1', quantity: 1 }]);
  });
  afterAll(async () => trial.stop());
  afterEach(async () => {
    for (const system of ['oms', 'erp']) await trial.control('DELETE', `/${system}/faults`);
  });
  failOnLeaks();

  const referenced = async (path: string, reference: string) => (await trial.vendor(`${path}?reference=${reference}`)).json.items as { id: string; state: string }[];

  test('without a key the same reference is taken twice, and both are found under it', async () => {
    const first = await trial.call('POST', '/oms/orders', anOrder('N-1'));
    const second = await trial.call('POST', '/oms/orders', anOrder('N-1'));
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(first.json).toMatchObject({ reference: 'N-1', state: 'open', account: null, freight: '4.95', cancelledAt: null });
    expect(first.headers['location']).toBe(`/oms/orders/${first.json.id}`);
    expect((await referenced('/oms/orders', 'N-1')).map(({ id }) => id).sort()).toEqual([first.json.id, second.json.id].sort());
    expect(await referenced('/oms/orders', 'N-2')).toEqual([]);
    expect((await trial.vendor(`/oms/orders/${first.json.id}`)).json).toEqual(first.json);
  });

  test('a key stands for one request: the same answer again, whatever became of the order, and 422 for another body', async () => {
    const key = { 'idempotency-key': 'place:K-1' };
    const first = await trial.call('POST', '/oms/orders', anOrder('K-1'), key);
    await trial.call('POST', `/oms/orders/${first.json.id}/cancel`);
    const again = await trial.call('POST', '/oms/orders', anOrder('K-1'), key);
    expect(again).toMatchObject({ status: 201, text: first.text, headers: { 'idempotent-replayed': 'true' } });
    expect(await referenced('/oms/orders', 'K-1')).toHaveLength(1);
    expect(await trial.call('POST', '/oms/orders', anOrder('K-2'), key)).toMatchObject({ status: 422, json: { error: { code: 'idempotency_key_reused' } } });
    expect(await referenced('/oms/orders', 'K-2')).toEqual([]);
  });

  test('a refusal binds no key: put right, the request is taken', async () => {
    const key = { 'idempotency-key': 'place:K-3' };
    expect(await trial.call('POST', '/oms/orders', { ...anOrder('K-3'), total: '1.00' }, key)).toMatchObject({ status: 422, json: { error: { code: 'total_mismatch' } } });
    expect((await trial.call('POST', '/oms/orders', anOrder('K-3'), key)).status).toBe(201);
  });

  test('forgotten keys let the same request happen again', async () => {
    const key = { 'idempotency-key': 'place:K-4' };
    await trial.call('POST', '/oms/orders', anOrder('K-4'), key);
    expect((await trial.control('DELETE', '/oms/idempotency-keys')).json.forgotten).toBeGreaterThan(0);
    await trial.call('POST', '/oms/orders', anOrder('K-4'), key);
    expect(await referenced('/oms/orders', 'K-4')).toHaveLength(2);
  });

  test('what was handed in may be changed while it is open, and is taken back once', async () => {
    const { json: order } = await trial.call('POST', '/oms/orders', anOrder('C-1'));
    const place = `/oms/orders/${order.id}`;
    expect((await trial.call('PATCH', place, { mail: 'new@example.com' })).json).toMatchObject({ mail: 'new@example.com', freight: '4.95', reference: 'C-1' });
    expect((await trial.call('PATCH', place, { state: 'closed' })).json.error.code).toBe('invalid_body');
    const cancelled = await trial.call('POST', `${place}/cancel`, { reason: 'changed my mind' });
    expect(cancelled.json).toMatchObject({ state: 'cancelled', cancelReason: 'changed my mind', cancelledAt: expect.stringMatching(/^\d{4}-/) });
    expect(await trial.call('POST', `${place}/cancel`, { reason: 'again' })).toMatchObject({ status: 200, json: cancelled.json });
    expect(await trial.call('PATCH', place, { mail: 'late@example.com' })).toMatchObject({ status: 409, json: { error: { code: 'not_open' } } });
    await trial.control('PUT', `${place}`, { ...cancelled.json, state: 'closed' });
    expect(await trial.call('POST', `${place}/cancel`)).toMatchObject({ status: 409, json: { error: { code: 'not_open' } } });
    expect((await trial.call('POST', '/oms/orders/OM-1/cancel')).status).toBe(404);
  });

  test('a sale of an article without stock records is refused, whatever the article that begins like it has', async () => {
    expect((await trial.call('POST', '/erp/sales', aSale('S-1', 'TENT-1'))).json).toMatchObject({ reference: 'S-1', state: 'confirmed', positions: [{ warehouse: null }] });
    expect(await trial.call('POST', '/erp/sales', aSale('S-2', 'TENT'))).toMatchObject({ status: 422, json: { error: { code: 'unknown_article' } } });
    expect((await trial.control('GET', '/erp/stock/TENT-1%40HAM-1')).json.quantity).toBe(10);
  });

  test('a shipment takes its goods out of stock once, gives them back when it is cancelled, and binds the sale', async () => {
    const { json: sale } = await trial.call('POST', '/erp/sales', aSale('S-3', 'TENT-1'));
    const shipment = { reference: 'S-3', warehouse: 'HAM-1', positions: [{ line: '1', article: 'TENT-1', pieces: 2 }, { article: 'TENT-1', pieces: 1 }] };
    const onHand = async () => (await trial.control('GET', '/erp/stock/TENT-1%40HAM-1')).json;
    await trial.control('PUT', '/erp/shipments/D-1', { ...shipment, state: 'packed' });
    expect((await onHand()).quantity).toBe(10);
    const put = await trial.control('PUT', '/erp/shipments/D-1', shipment);
    expect(await onHand()).toMatchObject({ quantity: 7, modifiedAt: put.json.modifiedAt });
    await trial.control('PUT', '/erp/shipments/D-1', { ...put.json, state: 'delivered', tracking: 'T1' });
    expect((await onHand()).quantity).toBe(7);
    expect(await trial.call('POST', `/erp/sales/${sale.id}/cancel`)).toMatchObject({ status: 409, json: { error: { code: 'already_shipped' } } });
    await trial.control('PUT', '/erp/shipments/D-1', { ...shipment, state: 'cancelled' });
    expect((await onHand()).quantity).toBe(10);
    expect((await trial.call('POST', `/erp/sales/${sale.id}/cancel`)).json.state).toBe('cancelled');
    expect((await trial.control('PUT', '/erp/shipments/D-2', { ...shipment, warehouse: 'NOWHERE' })).json).toMatchObject({ code: 'SANDBOX_RECORD_INVALID', errors: [{ pointer: '/positions/0/article' }, { pointer: '/positions/1/article' }] });
    expect((await trial.vendor('/erp/shipments?reference=S-3')).json.items).toMatchObject([{ id: 'D-1', state: 'cancelled' }]);
  });

  test('two shipments of one request take from one stock record in turn, and a deletion gives back', async () => {
    const shipment = (id: string, pieces: number) => ({ id, reference: 'S-4', warehouse: 'MUC-2', positions: [{ article: 'TENT-1', pieces }] });
    await trial.control('POST', '/erp/shipments', [shipment('D-3', 1), shipment('D-4', 2)]);
    expect((await trial.control('GET', '/erp/stock/TENT-1%40MUC-2')).json.quantity).toBe(1);
    await trial.control('DELETE', '/erp/shipments/D-4');
    expect((await trial.control('GET', '/erp/stock/TENT-1%40MUC-2')).json.quantity).toBe(3);
  });

  test.each([
    [{}, 'reference'],
    [{ ...anOrder('X'), positions: [] }, 'positions'],
    [{ ...anOrder('X'), id: 'OM-5' }, 'id'],
    [{ ...anOrder('X'), total: 12 }, 'total'],
  ])('POST /oms/orders %.60j is refused and names %s', async (body, field) => {
    const { status, json } = await trial.call('POST', '/oms/orders', body);
    expect([status, json.error.code]).toEqual([400, 'invalid_body']);
    expect(json.error.message).toContain(field);
  });

  test('a body that is no JSON is refused in the words of the vendor, and counted', async () => {
    await trial.control('DELETE', '/oms/calls');
    const answer = await fetch(`${trial.url}/oms/orders`, { method: 'POST', body: '{', headers: { authorization: 'Bearer sandbox-token', 'content-type': 'application/json', connection: 'close' } });
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: { code: 'invalid_body' } }]);
    expect(await trial.call('DELETE', '/oms/orders/OM-1')).toMatchObject({ status: 405, json: { error: { message: 'accepted: GET, PATCH' } } });
    expect((await trial.control('GET', '/oms/calls')).json.routes).toEqual({ 'POST /oms/orders': { calls: 1, statuses: { 400: 1 } }, 'DELETE /oms/orders/{id}': { calls: 1, statuses: { 405: 1 } } });
  });
});
