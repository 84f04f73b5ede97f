import { eventually, failOnLeaks } from '@steward/testing';
import { anOrder, startTrial, type Trial } from '../trial.client';

describe('faults of a write', () => {
  let trial: Trial;
  let number = 0;
  beforeAll(async () => {
    trial = await startTrial({ STEWARD_SANDBOX_RATE_LIMIT: '0' });
  });
  afterAll(async () => trial.stop());
  afterEach(async () => {
    await trial.control('DELETE', '/oms/faults');
  });
  failOnLeaks();

  const fault = (spec: object) => trial.control('POST', '/oms/faults', spec);
  const place = (reference: string, key?: string) => trial.call('POST', '/oms/orders', anOrder(reference), key === undefined ? {} : { 'idempotency-key': key });
  const count = async (reference: string): Promise<number> => (await trial.control('GET', '/oms/orders')).json.items.filter((item: { reference: string }) => item.reference === reference).length;
  const next = () => `F-${(number += 1)}`;

  test.each([
    [{ kind: 'error', status: 503 }, 503, 'internal_error'],
    [{ kind: 'rate-limit' }, 429, 'rate_limited'],
    [{ kind: 'refuse', code: 'credit_limit', message: 'no credit' }, 422, 'credit_limit'],
  ])('%j answers and nothing is done', async (spec, status, code) => {
    const reference = next();
    await fault({ ...spec, times: 1 });
    expect(await place(reference)).toMatchObject({ status, json: { error: { code } } });
    expect(await count(reference)).toBe(0);
  });

  test.each([
    ['drop-before-commit', 0],
    ['drop-after-commit', 1],
  ])('%s breaks the connection when %d orders are there', async (kind, orders) => {
    const reference = next();
    await fault({ kind, times: 1 });
    await expect(place(reference)).rejects.toThrow();
    expect(await count(reference)).toBe(orders);
  });

  test('hang never does it', async () => {
    const reference = next();
    await fault({ kind: 'hang' });
    const hung = place(reference).then(() => 'answered', () => 'dropped');
    await eventually(async () => (await trial.control('GET', '/oms/faults')).json.faults[0].hits === 1);
    await trial.control('DELETE', '/oms/faults');
    expect([await hung, await count(reference)]).toEqual(['dropped', 0]);
  });

  test('slow has done it long before it answers', async () => {
    const reference = next();
    await fault({ kind: 'slow', delayMs: 60_000 });
    const slow = place(reference);
    await eventually(async () => (await count(reference)) === 1);
    await trial.control('DELETE', '/oms/faults');
    expect((await slow).status).toBe(201);
  });

  test('late-commit does it after the caller has gone, and the key is busy until then', async () => {
    const reference = next();
    await fault({ kind: 'late-commit', delayMs: 60_000, times: 1 });
    const gone = new AbortController();
    const first = fetch(`${trial.url}/oms/orders`, {
      method: 'POST',
      signal: gone.signal,
      headers: { authorization: 'Bearer sandbox-token', 'idempotency-key': reference },
      body: JSON.stringify(anOrder(reference)),
    });
    await eventually(async () => (await trial.control('GET', '/oms/calls')).json.routes['POST /oms/orders'].calls > 0 && (await place(reference, reference)).status === 409);
    gone.abort();
    await expect(first).rejects.toThrow();
    expect(await count(reference)).toBe(0);
    await trial.control('DELETE', '/oms/faults');
    await eventually(async () => (await count(reference)) === 1);
    expect((await place(reference, reference)).headers['idempotent-replayed']).toBe('true');
  });

  test('empty, truncated and malformed spoil the answer of what is done all the same', async () => {
    for (const kind of ['empty', 'truncated', 'malformed']) {
      const reference = next();
      await fault({ kind, times: 1 });
      const { status, json } = await place(reference);
      expect([status, json?.total]).toEqual([201, undefined]);
      expect(await count(reference)).toBe(1);
    }
  });

  test('a lagging replica does not find what was just written', async () => {
    const reference = next();
    await place(reference);
    await fault({ kind: 'stale', delayMs: 60_000 });
    expect((await trial.vendor(`/oms/orders?reference=${reference}`)).json.items).toEqual([]);
    await trial.control('DELETE', '/oms/faults');
    expect((await trial.vendor(`/oms/orders?reference=${reference}`)).json.items).toHaveLength(1);
  });

  test('a fault of a reference or a method leaves the others alone', async () => {
    const reference = next();
    await fault({ kind: 'error', match: { id: reference } });
    expect((await place(reference)).status).toBe(500);
    expect((await trial.vendor(`/oms/orders?reference=${reference}`)).status).toBe(500);
    expect((await place(next())).status).toBe(201);
    await trial.control('DELETE', '/oms/faults');
    await fault({ kind: 'error', match: { method: 'POST', path: '/oms/orders' } });
    expect((await place(reference)).status).toBe(500);
    expect((await trial.vendor(`/oms/orders?reference=${reference}`)).status).toBe(200);
  });
});
