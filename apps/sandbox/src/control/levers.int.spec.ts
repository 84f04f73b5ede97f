import { failOnLeaks } from '@steward/testing';
import { anOrder, startTrial, type Trial } from '../trial.client';

describe('seed, schemas and call counts', () => {
  let trial: Trial;
  beforeAll(async () => {
    trial = await startTrial();
  });
  afterAll(async () => trial.stop());
  failOnLeaks();

  test('seeding makes the records equal to the catalogue and changes nothing the second time', async () => {
    await trial.control('PUT', '/pim/products/stray', { labels: {} });
    const first = await trial.control('POST', '/seed', { seed: 7, products: 40 });
    expect(first.json).toMatchObject({ planted: true, products: 40, categories: 42, customers: 50, segments: 4, promotions: 6 });
    expect((await trial.control('GET', '/pricing/prices')).json.total).toBe(first.json.prices);
    expect((await trial.control('GET', '/pim/products/stray')).status).toBe(404);
    const before = (await trial.control('GET', '/pim/products')).text;
    expect((await trial.control('POST', '/seed', { seed: 7, products: 40 })).json).toMatchObject({ changed: 0 });
    expect((await trial.control('POST', '/seed', { seed: 8, onlyIfEmpty: true })).json).toMatchObject({ planted: false });
    expect((await trial.control('GET', '/pim/products')).text).toBe(before);
  });

  test('an older data folder gets what it lacks, and what was traded stays', async () => {
    await trial.control('PUT', '/oms/orders/OM-1', anOrder('T-1'));
    for (const { id } of (await trial.control('GET', '/crm/customers')).json.items) await trial.control('DELETE', `/crm/customers/${id}`);
    expect((await trial.control('POST', '/seed', { seed: 7, products: 40, onlyIfEmpty: true })).json).toMatchObject({ planted: true, changed: 50 });
    expect((await trial.control('POST', '/seed', { seed: 7, products: 40 })).json).toMatchObject({ changed: 0 });
    expect((await trial.control('GET', '/oms/orders/OM-1')).json).toMatchObject({ reference: 'T-1' });
  });

  test('a bad seed is refused with its field', async () => {
    expect((await trial.control('POST', '/seed', { products: 0 })).json).toMatchObject({ code: 'SANDBOX_BODY_INVALID', errors: [{ pointer: '/products' }] });
    expect((await trial.control('POST', '/seed', { product: 5 })).json.errors[0].accepted).toBe('seed, products, customers, onlyIfEmpty');
  });

  test('schemas say what every record is made of', async () => {
    expect((await trial.control('GET', '/pim/schema')).json.collections.products).toMatchObject({ additionalProperties: false, properties: { state: { enum: ['published', 'draft', 'archived'] } } });
    expect((await trial.control('GET', '/erp/schema')).json.collections.stock.required).toContain('quantity');
    expect((await trial.control('GET', '/pim/schema')).json.collections.categories.required).toEqual(['id', 'labels']);
    expect((await trial.control('GET', '/oms/schema')).json.requests).toMatchObject({ 'POST /oms/orders': { additionalProperties: false, required: expect.arrayContaining(['reference', 'total']) }, 'PATCH /oms/orders/{id}': { properties: { mail: {} } } });
    expect((await trial.control('GET', '/psp/schema')).json).toMatchObject({ collections: {}, requests: { 'POST /psp/v1/payment_intents': { required: ['amount', 'currency'] } } });
    expect((await trial.control('GET', '/pricing/schema')).json.collections.prices).toMatchObject({ additionalProperties: false, properties: { tax: { enum: ['gross', 'net'] } } });
  });

  test('calls are counted by route and status until they are reset; control calls are not', async () => {
    await trial.control('DELETE', '/pim/calls');
    await trial.vendor('/pim/products');
    await trial.vendor('/pim/products?limit=0');
    await trial.vendor('/pim/products', {});
    await trial.vendor('/pim/elsewhere');
    await trial.vendor('/erp/stock');
    const { json } = await trial.control('GET', '/pim/calls');
    expect(json).toMatchObject({ total: 4, routes: { 'GET /pim/products': { calls: 3, statuses: { 200: 1, 400: 1, 401: 1 } }, 'GET /pim/*': { calls: 1, statuses: { 404: 1 } } } });
    await trial.control('DELETE', '/pim/calls');
    expect((await trial.control('GET', '/pim/calls')).json).toMatchObject({ total: 0, routes: {} });
  });

  test('a repeated x-request-id is one first attempt', async () => {
    await trial.control('DELETE', '/erp/calls');
    const headers = { authorization: 'Bearer sandbox-token', 'x-request-id': 'one' };
    await trial.vendor('/erp/stock', headers);
    await trial.vendor('/erp/stock', headers);
    await trial.vendor('/erp/stock');
    expect((await trial.control('GET', '/erp/calls')).json).toMatchObject({ total: 3, firstAttempts: 2 });
  });
});
