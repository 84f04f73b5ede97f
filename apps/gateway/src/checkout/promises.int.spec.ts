import { manualClock, type ManualClock } from '@steward/platform';
import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose';
import { bearer, eventually, testIssuer, type TestIssuer } from '@steward/testing';
import type { GatewayApi } from '../api/gateway-api';
import { apiOn, post, stage } from '../fixtures/api.fixture.spec';
import { aPrice, aProduct, aPromotion, prices, products, promotions, start } from '../fixtures/read-model.fixture.spec';
import { orderBody, sendOrder } from '../fixtures/shopper.fixture.spec';
import type { CartView } from '../cart/cart-view';

const clock: ManualClock = manualClock(start);
let scene: Awaited<ReturnType<typeof stage>>;
let issuer: TestIssuer;
let api: GatewayApi;
let env: Record<string, string>;

beforeAll(async () => {
  scene = await stage();
  issuer = await testIssuer();
  const { privateKey } = await generateKeyPair('EdDSA', { extractable: true });
  env = { ...issuer.env, STEWARD_GATEWAY_SHIPPING: 'eu:standard:490,eu:express:990', STEWARD_GATEWAY_CHECKOUT_RATE_LIMIT: '0', STEWARD_PROMISE_KEYS: JSON.stringify({ keys: [{ ...(await exportJWK(privateKey)), kid: 'k' }] }) };
  await products(scene.database, ...['cap', 'hat'].map((id) => ({ key: id, revision: 1, data: aProduct(id) })));
  await prices(
    scene.database,
    { key: 'cap', revision: 1, data: aPrice('cap', 'cap', 1_999) },
    { key: 'hat', revision: 1, data: aPrice('hat', 'hat', 3_000) },
    { key: 'club', revision: 1, data: aPrice('club', 'cap', 1_000, { customerGroup: 'club' }) },
    { key: 'us', revision: 1, data: aPrice('us', 'cap', 2_100, { market: 'us', currency: 'USD' }) },
  );
  api = await apiOn(scene.url, { clock, env });
});
afterAll(async () => {
  await api.stop();
  await issuer.stop();
  await scene.close();
});

const cap = (quantity = 1) => [{ sku: 'cap', quantity }];
const customer = async (id: string, group = 'public') => bearer(await issuer.token({ steward_customer: id, steward_group: group }, { now: clock.now() }));
const kept = () => scene.database.query('select (select count(*)::int from idempotency) as keys, (select count(*)::int from accepted_order) as orders, (select count(*)::int from outbox) as commands');
type Body = Awaited<ReturnType<typeof orderBody>>;
const withPromise = (body: Body, promise: string) => ({ ...body, lines: body.lines.map((line) => ({ ...line, promise })) });
const promiseOf = (body: Body): string => body.lines[0]?.promise ?? '';

/** Refused with code and place, and nothing of it is left. */
async function refusal(body: unknown, headers: Record<string, string> = {}) {
  const before = await kept();
  const answer = await sendOrder(api, body, headers);
  expect(await kept()).toEqual(before);
  return { refused: [answer.status, answer.json.code, answer.json.errors[0]?.pointer], json: answer.json };
}

describe('S5: a promise that was never made for this', () => {
  const invalid = (pointer = '/lines/0/promise') => [422, 'PROMISE_INVALID', pointer];

  it.each<[string, (token: string) => Promise<string> | string]>([
    ['with another price in it', (token) => {
      const [header, payload = '', signature] = token.split('.');
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
      return [header, Buffer.from(JSON.stringify({ ...claims, unit: 1 })).toString('base64url'), signature].join('.');
    }],
    ['without a signature', (token) => `${Buffer.from(JSON.stringify({ alg: 'none', typ: 'steward-price-promise+jwt' })).toString('base64url')}.${token.split('.')[1] ?? ''}.`],
    ['of a foreign key', async (token) => {
      const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as JWTPayload;
      return new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA', kid: 'k', typ: 'steward-price-promise+jwt' }).sign((await generateKeyPair('EdDSA')).privateKey);
    }],
    ['that is none', () => 'abc'],
  ])('%s is refused', async (_name, forge) => {
    const body = await orderBody(api, cap());
    expect((await refusal(withPromise(body, await forge(promiseOf(body))))).refused).toEqual(invalid());
  });

  it('for another SKU, market, customer or group is refused', async () => {
    const hat = await orderBody(api, [{ sku: 'hat', quantity: 1 }]);
    expect((await refusal(withPromise(await orderBody(api, cap()), promiseOf(hat)))).refused).toEqual(invalid());

    const american = await orderBody(api, cap(), { 'steward-market': 'us' });
    const { shippingPromise } = await orderBody(api, cap());
    expect((await refusal({ ...american, shippingPromise })).refused).toEqual(invalid());

    const [mine, club, other] = [await customer('c1'), await customer('c1', 'club'), await customer('c2')];
    const own = await orderBody(api, cap(), mine);
    expect((await refusal(own, other)).refused).toEqual(invalid());
    expect((await refusal(own)).refused).toEqual(invalid());
    expect((await refusal(await orderBody(api, cap(), club), mine)).refused).toEqual(invalid());
  });

  it('of shipping in place of a price, and the other way round, is refused', async () => {
    const body = await orderBody(api, cap());
    expect((await refusal(withPromise(body, body.shippingPromise ?? ''))).refused).toEqual(invalid());
    expect((await refusal({ ...body, shippingPromise: promiseOf(body) })).refused).toEqual(invalid('/shippingPromise'));
  });
});

describe('S5: a promise that no longer holds', () => {
  it('because it has expired is refused with a preview to agree to, which can be ordered with', async () => {
    const body = await orderBody(api, cap(2));
    await prices(scene.database, { key: 'cap', revision: 2, data: aPrice('cap', 'cap', 2_499) });
    await eventually(async () => (await post<CartView>(api, '/v1/price-preview', { lines: cap() })).json.lines[0]?.price?.unit.minorUnits === '2499');
    clock.advance(15 * 60_000);
    const { refused, json } = await refusal(body);
    expect(refused).toEqual([409, 'PRICE_CHANGED', '/lines/0/promise']);
    expect(json.cart?.lines[0]?.price?.unit.minorUnits).toBe('2499');
    const agreed = { ...withPromise(body, json.cart?.lines[0]?.promise ?? ''), shippingPromise: json.cart?.shipping?.promise, expectedTotal: { minorUnits: json.cart?.totals.gross.minorUnits, currency: 'EUR' } };
    const { status, json: placed } = await sendOrder(api, agreed);
    expect([status, placed.order.lines[0]?.unit.minorUnits]).toEqual([202, '2499']);
  });

  it('because the quantity is another one is refused', async () => {
    const body = await orderBody(api, cap(2));
    const { refused, json } = await refusal({ ...body, lines: body.lines.map((line) => ({ ...line, quantity: 3 })) });
    expect([...refused, json.cart?.lines[0]?.quantity]).toEqual([409, 'PRICE_CHANGED', '/lines/0/quantity', 3]);
  });

  it('because its discount was for another cart is refused; without a discount lines may come and go', async () => {
    const both = [{ sku: 'cap', quantity: 1 }, { sku: 'hat', quantity: 1 }];
    const plain = await orderBody(api, both);
    expect((await sendOrder(api, { ...plain, lines: plain.lines.slice(0, 1) })).status).toBe(202);
    await promotions(scene.database, { key: 'much', revision: 1, data: aPromotion('much', { minSubtotal: 5_000 }) });
    await eventually(async () => (await post<CartView>(api, '/v1/price-preview', { lines: both })).json.discount.minorUnits !== '0');
    const body = await orderBody(api, both);
    expect((await refusal({ ...body, lines: body.lines.slice(0, 1) })).refused).toEqual([409, 'PRICE_CHANGED', '/lines/0/promise']);
    expect((await sendOrder(api, { ...body, lines: body.lines.toReversed() })).status).toBe(202);
  });

  it('because only its shipping has expired is refused with the same method', async () => {
    const { json: cart } = await post<CartView>(api, '/v1/price-preview', { lines: cap(), shippingMethod: 'express' });
    clock.advance(15 * 60_000);
    const body = { ...(await orderBody(api, cap())), shippingPromise: cart.shipping?.promise };
    const { refused, json } = await refusal(body);
    expect([...refused, json.cart?.shipping?.method]).toEqual([409, 'PRICE_CHANGED', '/shippingPromise', 'express']);
  });

  it('because the shopper saw another total is refused', async () => {
    const body = await orderBody(api, cap());
    expect((await refusal({ ...body, expectedTotal: { minorUnits: '1', currency: 'EUR' } })).refused).toEqual([409, 'PRICE_CHANGED', '/expectedTotal/minorUnits']);
  });

  it('holds in every process with the same keys, and through a restart', async () => {
    const body = await orderBody(api, cap());
    const other = await apiOn(scene.url, { clock, env });
    try {
      expect((await sendOrder(other, body)).status).toBe(202);
    } finally {
      await other.stop();
    }
  });
});

describe('an order is refused', () => {
  it.each<[string, (body: Body) => unknown, unknown[]]>([
    ...[-1, 0, 1.5, '3', 2_147_483_648].map((quantity): [string, (body: Body) => unknown, unknown[]] => [`with the quantity ${JSON.stringify(quantity)}`, (body) => ({ ...body, lines: [{ ...body.lines[0], quantity }] }), [422, 'GATEWAY_INPUT_REFUSED', '/lines/0/quantity']]),
    ['with an amount that is a float', (body) => ({ ...body, expectedTotal: { minorUnits: 24.89, currency: 'EUR' } }), [422, 'GATEWAY_INPUT_REFUSED', '/expectedTotal/minorUnits']],
    ['with an amount with a point', (body) => ({ ...body, expectedTotal: { minorUnits: '24.89', currency: 'EUR' } }), [422, 'GATEWAY_INPUT_REFUSED', '/expectedTotal/minorUnits']],
    ['in another currency', (body) => ({ ...body, expectedTotal: { minorUnits: '2489', currency: 'USD' } }), [422, 'GATEWAY_INPUT_REFUSED', '/expectedTotal/currency']],
    ['with an unsafe integer', (body) => JSON.stringify(body).replace('"quantity":1', '"quantity":9007199254740993'), [422, 'GATEWAY_INPUT_REFUSED', '/lines/0/quantity']],
    ['with a field given twice', (body) => JSON.stringify(body).replace('{"email"', '{"email":"a@b.example","email"'), [422, 'GATEWAY_INPUT_REFUSED', '/email']],
    ['with __proto__', (body) => JSON.stringify(body).replace('{"email"', '{"__proto__":{"x":1},"email"'), [422, 'GATEWAY_INPUT_REFUSED', '/__proto__']],
    ['with a price of its own', (body) => ({ ...body, lines: [{ ...body.lines[0], unitAmount: 1 }] }), [422, 'GATEWAY_INPUT_REFUSED', '/lines/0/unitAmount']],
    ['without an address', ({ shippingAddress: _, ...body }) => body, [422, 'GATEWAY_INPUT_REFUSED', '/shippingAddress']],
    ['with a country that is none', (body) => ({ ...body, shippingAddress: { ...body.shippingAddress, country: 'Germany' } }), [422, 'GATEWAY_INPUT_REFUSED', '/shippingAddress/country']],
    ['with an e-mail address that is none', (body) => ({ ...body, email: 'erika' }), [422, 'GATEWAY_INPUT_REFUSED', '/email']],
    ['with a card and no token', (body) => ({ ...body, payment: { method: 'card' } }), [422, 'GATEWAY_INPUT_REFUSED', '/payment/token']],
    ['without the promise of shipping', ({ shippingPromise: _, ...body }) => body, [422, 'GATEWAY_INPUT_REFUSED', '/shippingPromise']],
    ['as no JSON', () => '{"lines":', [400, 'GATEWAY_BODY_REFUSED', '']],
  ])('%s', async (_name, change, refused) => {
    expect((await refusal(change(await orderBody(api, cap())))).refused).toEqual(refused);
  });

  it('beyond what a customer, or a guest’s address, may order in a minute', async () => {
    const limited = await apiOn(scene.url, { clock, env: { ...env, STEWARD_GATEWAY_CHECKOUT_RATE_LIMIT: '2', STEWARD_GATEWAY_PROXIES: '1' } });
    try {
      const send = async (headers: Record<string, string>) => {
        const { status, json, headers: told } = await sendOrder(limited, await orderBody(limited, cap(), headers), headers);
        return [status, json.code, told.get('retry-after')];
      };
      const from = (ip: string) => ({ 'x-forwarded-for': ip });
      expect([await send(from('10.0.0.1')), await send(from('10.0.0.1'))].map(([status]) => status)).toEqual([202, 202]);
      expect(await send(from('10.0.0.1'))).toEqual([429, 'CHECKOUT_RATE_LIMITED', '60']);
      expect((await send(from('10.0.0.2')))[0]).toBe(202);
      const c9 = await customer('c9');
      expect([await send({ ...c9, ...from('10.0.0.1') }), await send({ ...c9, ...from('10.0.0.3') }), await send({ ...c9, ...from('10.0.0.4') })].map(([status]) => status)).toEqual([202, 202, 429]);
    } finally {
      await limited.stop();
    }
  });
});
