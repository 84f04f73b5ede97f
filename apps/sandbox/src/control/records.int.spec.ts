import { eventually, failOnLeaks } from '@steward/testing';
import { aProduct, startTrial, type Trial } from '../trial.client';

describe('the control API of records', () => {
  let trial: Trial;
  beforeAll(async () => {
    trial = await startTrial({ STEWARD_SANDBOX_RATE_LIMIT: '0' });
  });
  afterAll(async () => trial.stop());
  failOnLeaks();

  test.each(['plain', 'a.b', '*', '>', 'with space', 'a/b?c#d', '100%', 'größe', '😀', 'a,b', '@', `${'long'.repeat(200)}`])('a record named %j is written, read by both APIs and deleted', async (id) => {
    const path = `/pim/products/${encodeURIComponent(id)}`;
    expect((await trial.control('PUT', path, aProduct())).status).toBe(201);
    expect((await trial.control('PUT', path, aProduct())).status).toBe(200);
    expect((await trial.control('GET', path)).json).toMatchObject({ id, sku: id, state: 'published' });
    const seen = await trial.vendor(`/pim/products?ids=${encodeURIComponent(id)}`);
    expect(seen.json.items.map((item: { id: string }) => item.id)).toEqual([id]);
    expect((await trial.control('DELETE', path)).status).toBe(204);
    expect((await trial.control('DELETE', path)).json).toMatchObject({ code: 'SANDBOX_NOT_FOUND' });
  });

  test.each(['.', '..'])('%j, which no URL path can carry, goes by ?id=', async (id) => {
    expect((await trial.control('PUT', `/pim/products?id=${id}`, aProduct())).json).toMatchObject({ id });
    expect((await trial.control('GET', `/pim/products?id=${id}`)).json).toMatchObject({ id });
    expect((await trial.control('DELETE', `/pim/products?id=${id}`)).status).toBe(204);
  });

  test('what was read can be written back: stamps are the store’s own', async () => {
    const first = await trial.control('PUT', '/pim/products/round', aProduct());
    const second = await trial.control('PUT', '/pim/products/round', first.json);
    expect(second.json).toEqual({ ...first.json, modifiedAt: second.json.modifiedAt, version: second.json.version });
    expect(second.json.version).toBeGreaterThan(first.json.version);
  });

  test('an edit past the system keeps the stamps, and makes no record', async () => {
    const first = await trial.control('PUT', '/pim/products/sql', aProduct());
    const edited = await trial.control('PUT', '/pim/products/sql?unstamped=true', { ...aProduct(), manufacturer: 'somebody with SQL' });
    expect(edited.json).toEqual({ ...first.json, manufacturer: 'somebody with SQL' });
    expect((await trial.vendor('/pim/products?ids=sql')).json.items).toEqual([edited.json]);
    await trial.control('PUT', '/pim/products/nowhere?unstamped=true', aProduct());
    expect((await trial.control('GET', '/pim/products/nowhere')).status).toBe(404);
  });

  test('absent, null and a value stay three things', async () => {
    const given = { labels: { en: { title: 'T', text: null, urlKey: 't' } }, manufacturer: null };
    const { json } = await trial.control('PUT', '/pim/products/tri', given);
    expect(json.manufacturer).toBeNull();
    expect(json.labels.en).toEqual({ title: 'T', text: null, urlKey: 't' });
  });

  test('a stock level takes its item and warehouse from its id', async () => {
    const { json } = await trial.control('PUT', '/erp/stock/SKU%40X%40HAM-1', { quantity: -2 });
    expect(json).toMatchObject({ id: 'SKU@X@HAM-1', item: 'SKU@X', warehouse: 'HAM-1', quantity: -2, buffer: 0, orderable: false });
    expect((await trial.control('PUT', '/erp/stock/nowhere', { quantity: 1 })).json.errors[0]).toMatchObject({ pointer: '/id' });
    expect((await trial.control('PUT', '/erp/stock/A%40B', { quantity: 1, item: 'C' })).json.errors[0]).toMatchObject({ pointer: '/item' });
  });

  test.each([
    ['/pim/products/p', { labels: 7 }, 422, 'SANDBOX_RECORD_INVALID', '/labels'],
    ['/pim/products/p', { ...aProduct(), state: 'new' }, 422, 'SANDBOX_RECORD_INVALID', '/state'],
    ['/pim/products/p', { ...aProduct(), 'odd/name': 1 }, 422, 'SANDBOX_RECORD_INVALID', '/odd~1name'],
    ['/pim/products/p', { ...aProduct(), id: 'q' }, 422, 'SANDBOX_RECORD_INVALID', '/id'],
    ['/erp/stock/a%40b', { quantity: 1.5 }, 422, 'SANDBOX_RECORD_INVALID', '/quantity'],
    ['/pim/products/p', [], 400, 'SANDBOX_BODY_INVALID', ''],
    ['/pim/products/p?webhook=never', aProduct(), 400, 'SANDBOX_PARAMETER_INVALID', 'webhook'],
    ['/pim/products/p?commitAfterMs=soon', aProduct(), 400, 'SANDBOX_PARAMETER_INVALID', 'commitAfterMs'],
    ['/pim/products/p?webhok=lose', aProduct(), 400, 'SANDBOX_PARAMETER_INVALID', 'webhok'],
    ['/pim/products', aProduct(), 400, 'SANDBOX_PARAMETER_INVALID', 'id'],
  ])('PUT %s %j is refused with code, place and what is accepted', async (path, body, status, code, pointer) => {
    const answer = await trial.control('PUT', path, body);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json).toMatchObject({ status, code });
    expect(answer.json.errors).toContainEqual({ pointer, detail: expect.stringMatching(/./), accepted: expect.stringMatching(/./) });
  });

  test('unchecked plants poison as it is given, in single and in bulk', async () => {
    const poison = { id: 5, labels: 'none', __proto__: null, extra: [1] };
    const one = await trial.control('PUT', '/pim/products/poison?unchecked=true', poison);
    expect(one.json).toMatchObject({ id: 5, labels: 'none', extra: [1] });
    expect((await trial.vendor('/pim/products?ids=poison')).json.items).toEqual([one.json]);
    const big = 'x'.repeat(1_200_000);
    expect((await trial.control('POST', '/pim/products?unchecked=true', [{ id: 'big', big }])).json).toMatchObject({ written: 1 });
    expect((await trial.control('GET', '/pim/products/big')).json.big).toHaveLength(1_200_000);
  });

  test('a list with one bad record is refused as a whole and says which', async () => {
    const refused = await trial.control('POST', '/pim/products', [{ id: 'bulk-1', ...aProduct() }, { id: 'bulk-2', labels: 1 }]);
    expect(refused.json).toMatchObject({ code: 'SANDBOX_RECORD_INVALID', errors: [{ pointer: '/1/labels' }] });
    expect((await trial.control('GET', '/pim/products/bulk-1')).status).toBe(404);
    const written = await trial.control('POST', '/pim/products', Array.from({ length: 500 }, (_, index) => ({ id: `many-${index}`, ...aProduct() })));
    expect(written.json).toMatchObject({ written: 500 });
    expect((await trial.control('GET', '/pim/products?after=many-&limit=3')).json.items.map((item: { id: string }) => item.id)).toEqual(['many-0', 'many-1', 'many-10']);
  });

  test('a late commit is stamped now and visible later, behind a cursor that already passed', async () => {
    const late = await trial.control('PUT', '/pim/products/late?commitAfterMs=2000', aProduct());
    expect(late.status).toBe(202);
    expect((await trial.control('GET', '/pim/products/late')).status).toBe(404);
    const after = await trial.control('PUT', '/pim/products/after', aProduct());
    const cursor = `/pim/products?modifiedSince=${after.json.modifiedAt}&after=after`;
    await eventually(async () => (await trial.control('GET', '/pim/products/late')).status === 200);
    expect((await trial.control('GET', '/pim/products/late')).json.modifiedAt).toBe(late.json.modifiedAt);
    expect((await trial.vendor(cursor)).json.items.map((item: { id: string }) => item.id)).not.toContain('late');
  });

  test('a category and a price need little, and are refused where they contradict themselves', async () => {
    expect((await trial.control('PUT', '/pim/categories/tents', { parent: 'outdoor', labels: { en: { title: 'Tents' } } })).json).toMatchObject({ id: 'tents', parent: 'outdoor', order: 0, labels: { en: { urlKey: 'tents' } } });
    expect((await trial.control('PUT', '/pim/categories/tents', { parent: 'tents', labels: {} })).json.errors[0]).toMatchObject({ pointer: '/parent' });
    const price = { article: 'TENT-1', region: 'EU', currency: 'EUR', amount: '129.95', tax: 'gross', zone: 'Europe/Berlin' };
    expect((await trial.control('PUT', '/pricing/prices/EU%2FTENT-1', price)).json).toMatchObject({ id: 'EU/TENT-1', group: null, fromQuantity: 1, starts: null, ends: null });
    expect((await trial.control('PUT', '/pricing/prices/1', { ...price, starts: '2027-03-08T00:00', ends: '2027-03-08T00:00' })).json.errors[0]).toMatchObject({ pointer: '/ends' });
    for (const wrong of [{ amount: 129.95 }, { amount: '1e3' }, { tax: 'some' }, { starts: '2027-03-08T00:00Z' }]) expect((await trial.control('PUT', '/pricing/prices/1', { ...price, ...wrong })).status).toBe(422);
  });

  test.each([
    ['PUT', '/pim/faults', 'GET, HEAD, POST, DELETE'],
    ['POST', '/pim/calls', 'GET, HEAD, DELETE'],
    ['GET', '/seed', 'POST'],
    ['POST', '/pim/products/p', 'GET, HEAD, PUT, DELETE'],
  ] as const)('%s %s is a method that this address does not take, and the answer names those it does', async (method, path, allow) => {
    const { status, headers, json } = await trial.control(method, path, method === 'GET' ? undefined : {});
    expect([status, headers['allow']]).toEqual([405, allow]);
    expect(json).toMatchObject({ code: 'SANDBOX_METHOD_REFUSED', detail: `${method} /_control${path}`, errors: [{ pointer: 'method', accepted: allow }] });
  });

  test('what does not exist is answered with what does', async () => {
    expect((await trial.control('GET', '/hr/people/1')).json).toMatchObject({ status: 404, code: 'SANDBOX_UNKNOWN_SYSTEM', errors: [{ accepted: 'pim, erp, pricing, crm, oms, psp' }] });
    expect((await trial.control('GET', '/pim/brands')).json).toMatchObject({ status: 404, code: 'SANDBOX_UNKNOWN_COLLECTION', errors: [{ accepted: 'pim/products, pim/categories' }] });
    expect((await trial.control('PUT', '/nothing', {})).json).toMatchObject({ status: 404, code: 'SANDBOX_ROUTE_UNKNOWN' });
  });
});
