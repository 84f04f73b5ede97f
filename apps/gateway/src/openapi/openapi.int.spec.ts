import { Ajv2020 } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { eventually } from '@steward/testing';
import type { GatewayApi } from '../api/gateway-api';
import { apiOn, get, post, stage } from '../fixtures/api.fixture.spec';
import { aCategory, aLevel, aPrice, aProduct, categories, prices, products, reservations, stock } from '../fixtures/read-model.fixture.spec';
import { orderBody, sendOrder } from '../fixtures/shopper.fixture.spec';
import { openapiDocument } from './openapi.document';
import { schemas } from './openapi.schemas';

let scene: Awaited<ReturnType<typeof stage>>;
let api: GatewayApi;

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema({ $id: 'storefront', components: { schemas } });
const faults = (schema: keyof typeof schemas, value: unknown) => {
  const validate = ajv.getSchema(`storefront#/components/schemas/${schema}`);
  if (validate === undefined) throw new Error(`no schema ${schema}`);
  void validate(value);
  return validate.errors ?? [];
};

beforeAll(async () => {
  scene = await stage();
  api = await apiOn(scene.url, { env: { STEWARD_GATEWAY_SHIPPING: 'eu:standard:490' } });
  await categories(scene.database, { key: 'top', revision: 1, data: aCategory('top', null) }, { key: 'low', revision: 1, data: aCategory('low', 'top') });
  await products(
    scene.database,
    { key: 'full', revision: 1, data: aProduct('full', { brand: 'B', categoryIds: ['top', 'low'], media: [{ url: 'https://m.example/1.jpg', kind: 'image', alt: { en: 'x' } }], attributes: { a: 'x', b: 1, c: true, d: ['y'] }, variants: [{ sku: 'full/S', gtin: '12345678', attributes: { size: 'S' } }] }) },
    { key: 'bare', revision: 1, data: aProduct('bare', { texts: {}, categoryIds: [] }) },
  );
  await stock(scene.database, { data: aLevel('full/S', 'main', 0, { backorderable: true, expectedAt: '2027-01-01T00:00:00.000Z' }), revision: 1 });
  await prices(
    scene.database,
    { key: 'one', revision: 1, data: aPrice('one', 'full/S', 1_000, { listAmount: 1_200, validTo: '2030-01-01T00:00:00.000Z' }) },
    { key: 'ten', revision: 1, data: aPrice('ten', 'full/S', 900, { minQuantity: 10 }) },
  );
  await eventually(async () => (await get(api, '/v1/categories/low')).status === 200);
});
afterAll(async () => {
  await api.stop();
  await scene.close();
});

it.each([
  ['/v1/products/full', 'Product'],
  ['/v1/products/bare', 'Product'],
  ['/v1/products?first=1', 'ProductList'],
  ['/v1/categories', 'CategoryTree'],
  ['/v1/categories/low', 'Category'],
  ['/v1/products/none', 'Problem'],
  ['/v1/products?first=0', 'Problem'],
] as const)('%s answers as %s is described', async (path, schema) => {
  expect(faults(schema, (await get(api, path)).json)).toEqual([]);
});

it('describes a preview', async () => {
  const { status, json } = await post(api, '/v1/price-preview', { lines: [{ sku: 'full/S', quantity: 10 }, { sku: 'bare', quantity: 1 }, { sku: 'nothing', quantity: 1 }] });
  expect([status, faults('Cart', json)]).toEqual([200, []]);
  expect(faults('Problem', (await post(api, '/v1/price-preview', { lines: [{ sku: 'cap', quantity: 0 }] })).json)).toEqual([]);
});

it('describes an order, accepted, seen and refused', async () => {
  const body = await orderBody(api, [{ sku: 'full/S', quantity: 1 }]);
  const { status, json } = await sendOrder(api, body);
  expect([status, faults('PlacedOrder', json)]).toEqual([202, []]);
  expect(faults('OwnOrder', (await get(api, `/v1/orders/${json.order.id}`, { 'steward-order-token': json.orderToken })).json)).toEqual([]);
  const changed = await sendOrder(api, { ...body, lines: body.lines.map((line) => ({ ...line, quantity: 2 })) });
  expect([changed.status, changed.json.cart?.lines.length, faults('OrderProblem', changed.json)]).toEqual([409, 1, []]);
  expect(faults('PlaceOrderInput', body)).toEqual([]);
});

it('describes a reservation, asked for, refused and seen', async () => {
  const body = { lines: [{ sku: 'full/S', quantity: 2 }], holdSeconds: 60 };
  const made = await post<{ reservation: { id: string }; reservationToken: string }>(api, '/v1/reservations', body, { 'idempotency-key': 'a-reservation-to-be-described', prefer: 'wait=0' });
  expect([made.status, faults('Reserved', made.json), faults('ReservationInput', body)]).toEqual([202, [], []]);
  const { id } = made.json.reservation;
  const lines = [{ lineId: '1', sku: 'full/S', quantity: 2, allocations: [] }];
  await reservations(scene.database, { key: id, revision: 1, data: { orderId: id, status: 'refused', lines, refusal: { code: 'OUT_OF_STOCK', sku: 'full/S', available: 1 }, expiresAt: null, erpReference: null, exportRefusal: null } });
  const seen = await get<{ lines: { available: number }[] }>(api, `/v1/reservations/${id}`, { 'steward-reservation-token': made.json.reservationToken });
  expect([faults('Reservation', seen.json), seen.json.lines[0]?.available]).toEqual([[], 1]);
  const refused = await post(api, '/v1/reservations', { lines: [] }, { 'idempotency-key': 'another-one-to-be-described' });
  expect(faults('ReservationProblem', refused.json)).toEqual([]);
});

it('describes every route of the storefront but GraphQL, probes and itself, and none that is not there', async () => {
  const asked: Record<string, string> = { sku: 'full', id: 'low', name: 'categories', market: 'eu', language: 'en' };
  for (const [path, methods] of Object.entries(openapiDocument.paths)) {
    if (!('get' in methods) || /^\/v1\/(orders|reservations)/.test(path)) {
      const method = 'get' in methods ? get(api, path) : post(api, path, '');
      expect([path, (await method).json.code]).not.toEqual([path, 'GATEWAY_ROUTE_UNKNOWN']);
      continue;
    }
    const { status, json } = await get<{ code?: string } | null>(api, path.replace(/\{(\w+)\}/g, (_, name: string) => asked[name] ?? '')).catch(() => ({ status: 200, json: null }));
    expect([path, json?.code]).not.toEqual([path, 'GATEWAY_ROUTE_UNKNOWN']);
    expect([path, status]).not.toEqual([path, 404]);
  }
  const named = (await get(api, '/nothing')).json.errors[0]?.accepted.match(/\/(v1|feeds|sitemap)[^,\s]*/g) ?? [];
  for (const path of named) expect(Object.keys(openapiDocument.paths)).toContain(path);
});

it('is served as JSON everywhere and as a page in development only', async () => {
  expect((await get<{ openapi: string }>(api, '/openapi.json')).json.openapi).toBe('3.1.0');
  const page = await fetch(`${api.storefrontUrl}/docs`);
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  const production = await apiOn(scene.url, { env: { STEWARD_MODE: 'production' } });
  try {
    expect([(await get(production, '/openapi.json')).status, (await get(production, '/docs')).status]).toEqual([200, 404]);
  } finally {
    await production.stop();
  }
});
