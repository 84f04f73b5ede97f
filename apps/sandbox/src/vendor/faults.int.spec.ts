import { eventually, failOnLeaks } from '@steward/testing';
import { aProduct, startTrial, type Trial } from '../trial.client';

describe('faults', () => {
  let trial: Trial;
  beforeAll(async () => {
    trial = await startTrial({ STEWARD_SANDBOX_RATE_LIMIT: '0' });
    await trial.control('POST', '/pim/products', ['a', 'b', 'c', 'd'].map((id) => ({ id, ...aProduct('first') })));
  });
  afterAll(async () => trial.stop());
  afterEach(async () => {
    await trial.control('DELETE', '/pim/faults');
  });
  failOnLeaks();

  const fault = (spec: unknown) => trial.control('POST', '/pim/faults', spec);
  const read = () => trial.vendor('/pim/products?sort=id');
  const ids = async () => (await read()).json.items.map((item: { id: string }) => item.id);

  test('error answers with the status, for as many requests as told, in its own system only', async () => {
    await fault({ kind: 'error', status: 503, times: 2 });
    expect((await trial.vendor('/erp/stock')).status).toBe(200);
    expect([(await read()).status, (await read()).status, (await read()).status]).toEqual([503, 503, 200]);
  });

  test('a fault ends by itself, and clearing ends all', async () => {
    await fault({ kind: 'error', durationMs: 100 });
    expect((await read()).status).toBe(500);
    await eventually(async () => (await read()).status === 200);
    await fault({ kind: 'error' });
    expect((await trial.control('GET', '/pim/faults')).json.faults).toMatchObject([{ kind: 'error', hits: 0, timesLeft: null }]);
    expect((await trial.control('DELETE', '/pim/faults')).json).toEqual({ cleared: 1 });
    expect((await read()).status).toBe(200);
  });

  test('rate-limit answers 429 and says when to come back', async () => {
    await fault({ kind: 'rate-limit', retryAfterSeconds: 7, times: 1 });
    expect(await read()).toMatchObject({ status: 429, headers: { 'retry-after': '7' } });
  });

  test('slow answers late with what was read before the wait', async () => {
    await fault({ kind: 'slow', delayMs: 60_000, match: { path: '/pim/products' } });
    const slow = read();
    await eventually(async () => (await trial.control('GET', '/pim/faults')).json.faults[0].hits === 1);
    await trial.control('PUT', '/pim/products/a', aProduct('second'));
    await trial.control('DELETE', '/pim/faults');
    expect((await slow).json.items[0].labels.en.title).toBe('first');
    expect((await read()).json.items[0].labels.en.title).toBe('second');
  });

  test('hang holds the request until the fault is cleared, and then drops it', async () => {
    await fault({ kind: 'hang' });
    const hung = read().then(() => 'answered', () => 'dropped');
    await eventually(async () => (await trial.control('GET', '/pim/faults')).json.faults[0].hits === 1);
    await trial.control('DELETE', '/pim/faults');
    expect(await hung).toBe('dropped');
  });

  test('drop-after-commit ends the connection without an answer, and is counted', async () => {
    await trial.control('DELETE', '/pim/calls');
    await fault({ kind: 'drop-after-commit', times: 1 });
    await expect(read()).rejects.toThrow();
    expect((await trial.control('GET', '/pim/calls')).json.routes['GET /pim/products']).toEqual({ calls: 1, statuses: { dropped: 1 } });
  });

  test('empty is a 200 that claims there is nothing', async () => {
    await fault({ kind: 'empty', times: 1 });
    expect((await read()).json).toEqual({ items: [], next: null, hasMore: false, total: 0 });
    await fault({ kind: 'empty', match: { id: 'b' } });
    expect(await ids()).toEqual(['a', 'c', 'd']);
  });

  test('truncated gives half and claims that it is all, with the true total', async () => {
    await fault({ kind: 'truncated', times: 1 });
    expect((await read()).json).toMatchObject({ items: [{ id: 'a' }, { id: 'b' }], hasMore: false, total: 4 });
    await fault({ kind: 'truncated', match: { id: 'd' } });
    expect(await ids()).toEqual(['a', 'b', 'c']);
  });

  test('malformed breaks the JSON, or one record of it', async () => {
    await fault({ kind: 'malformed', times: 1 });
    const broken = await read();
    expect(broken).toMatchObject({ status: 200, json: undefined });
    await fault({ kind: 'malformed', match: { id: 'c' } });
    const { items } = (await read()).json;
    expect(items[2]).toMatchObject({ id: 'c', labels: { malformed: true } });
    expect(items[3].labels.en.title).toBe('first');
  });

  test('stale shows records as they were one change ago, and not those that did not exist', async () => {
    await trial.control('PUT', '/pim/products/b', aProduct('newer'));
    await trial.control('PUT', '/pim/products/new', aProduct());
    await fault({ kind: 'stale', match: { id: 'b' } });
    expect((await read()).json.items[1].labels.en.title).toBe('first');
    expect(await ids()).toContain('new');
    await trial.control('DELETE', '/pim/faults');
    await fault({ kind: 'stale', delayMs: 60_000 });
    expect(await ids()).not.toContain('new');
    expect((await trial.vendor('/pim/products?ids=b')).json.items[0].labels.en.title).toBe('first');
    await trial.control('DELETE', '/pim/faults');
    await trial.control('DELETE', '/pim/products/new');
  });

  test('a fault of a path or an id leaves the others alone', async () => {
    await fault({ kind: 'error', match: { path: '/pim/prod*', id: 'a' } });
    expect((await trial.vendor('/pim/products?ids=a')).status).toBe(500);
    expect((await trial.vendor('/pim/products?ids=b')).status).toBe(200);
    await trial.control('DELETE', '/pim/faults');
    await fault({ kind: 'error', match: { path: '/pim/other' } });
    expect((await read()).status).toBe(200);
  });

  test.each([
    [{ kind: 'boom' }, '/kind', expect.stringMatching(/^error \| rate-limit \| /)],
    [{ kind: 'error', status: 200 }, '/status', 'a whole number from 400 to 599'],
    [{ kind: 'slow', delay: 5 }, '/delay', 'kind, status, code, message, retryAfterSeconds, delayMs, times, durationMs, match'],
    [{ kind: 'slow', times: 0 }, '/times', 'a whole number from 1'],
    [{ kind: 'slow', match: { paht: 'x' } }, '/match/paht', 'path, method, id'],
    [{ kind: 'slow', match: { path: '' } }, '/match/path', 'a text that is not empty'],
    [{ kind: 'slow', match: 'x' }, '/match', 'path, method, id'],
    [[], '', 'kind, status, code, message, retryAfterSeconds, delayMs, times, durationMs, match'],
  ])('%j is refused at %j with what is accepted there', async (spec, pointer, accepted) => {
    const { json } = await fault(spec);
    expect(json).toMatchObject({ code: 'SANDBOX_BODY_INVALID', errors: [{ pointer, detail: expect.stringMatching(/./), accepted }] });
  });
});
