import { manualClock, type ManualClock } from '@steward/platform';
import { bearer, eventually, type TestIssuer, testIssuer } from '@steward/testing';
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import type { GatewayApi } from '../api/gateway-api';
import { apiOn, get, post, stage } from '../fixtures/api.fixture.spec';
import { aLevel, aPrice, aProduct, aPromotion, prices, products, promotions, start, stock } from '../fixtures/read-model.fixture.spec';
import { PRICE_PROMISE, SHIPPING_PROMISE } from '../promise/price-promise';
import type { CartView } from './cart-view';

const minute = 60_000;
const clock: ManualClock = manualClock(start);
const at = (offset: number): string => new Date(start + offset).toISOString();
let scene: Awaited<ReturnType<typeof stage>>;
let issuer: TestIssuer;
let api: GatewayApi;

beforeAll(async () => {
  scene = await stage();
  issuer = await testIssuer();
  await products(
    scene.database,
    ...['cap', 'bare', 'sale', 'dear'].map((id) => ({ key: id, revision: 1, data: aProduct(id) })),
    { key: 'shirt', revision: 1, data: aProduct('shirt', { variants: [{ sku: 'shirt-S', attributes: {} }] }) },
    { key: 'old', revision: 1, data: aProduct('old', { status: 'archived' }) },
  );
  await prices(
    scene.database,
    { key: 'cap', revision: 7, data: aPrice('cap', 'cap', 1_999, { listAmount: 2_499 }) },
    { key: 'cap-10', revision: 2, data: aPrice('cap-10', 'cap', 1_500, { minQuantity: 10 }) },
    { key: 'cap-club', revision: 1, data: aPrice('cap-club', 'cap', 1_000, { customerGroup: 'club', taxMode: 'excluded' }) },
    { key: 'cap-us', revision: 1, data: aPrice('cap-us', 'cap', 2_100, { market: 'us', currency: 'USD', taxMode: 'excluded' }) },
    { key: 'shirt', revision: 1, data: aPrice('shirt', 'shirt-S', 3_000) },
    { key: 'old', revision: 1, data: aPrice('old', 'old', 1) },
    { key: 'sale', revision: 1, data: aPrice('sale', 'sale', 500, { validTo: at(5 * minute) }) },
    { key: 'dear', revision: 1, data: aPrice('dear', 'dear', Number.MAX_SAFE_INTEGER) },
  );
  await stock(scene.database, { data: aLevel('cap', 'main', 3), revision: 1 }, { data: aLevel('shirt-S', 'main', 0), revision: 1 });
  api = await apiOn(scene.url, { clock, env: { ...issuer.env, STEWARD_GATEWAY_SHIPPING: 'eu:standard:490,eu:express:990' } });
});
afterAll(async () => {
  await api.stop();
  await issuer.stop();
  await scene.close();
});

const preview = <T = CartView>(lines: unknown, more: object = {}, headers: Record<string, string> = {}) => post<T>(api, '/v1/price-preview', { lines, ...more }, headers);
const line = (sku: string, quantity = 1) => ({ sku, quantity });
const figures = ({ net, tax, gross }: { net: { minorUnits: string }; tax: { minorUnits: string }; gross: { minorUnits: string } }) => [net, tax, gross].map(({ minorUnits }) => Number(minorUnits));
const claimsOf = async (token: string | null | undefined, typ: string) => {
  const keys = await get<JSONWebKeySet>(api, '/.well-known/jwks.json');
  return (await jwtVerify(token ?? '', createLocalJWKSet(keys.json), { algorithms: ['EdDSA'], typ, currentDate: new Date(clock.now()) })).payload;
};

describe('a preview', () => {
  it('prices lines, tax, shipping and totals, and promises each of them', async () => {
    const { status, json, headers } = await preview([line('cap', 2), line('shirt-S')]);
    expect([status, headers.get('cache-control'), headers.get('steward-context')]).toEqual([200, 'no-store', 'market=eu, language=en, currency=EUR, customerGroup=public']);
    const [cap, shirt] = json.lines;
    expect(cap?.price).toMatchObject({ unit: { amount: '19.99' }, list: { amount: '24.99' }, taxMode: 'INCLUDED', taxRateBp: 1_900, entry: { id: 'cap', revision: 7 } });
    expect(cap?.price && figures(cap.price)).toEqual([3_360, 638, 3_998]);
    expect(shirt?.price && figures(shirt.price)).toEqual([2_521, 479, 3_000]);
    expect(json.shipping && figures(json.shipping)).toEqual([412, 78, 490]);
    expect(figures(json.totals)).toEqual([3_360 + 2_521 + 412, 638 + 479 + 78, 3_998 + 3_000 + 490]);
    expect([json.orderable, json.validUntil]).toEqual([true, at(15 * minute)]);
    expect(await claimsOf(cap?.promise, PRICE_PROMISE)).toEqual({
      sku: 'cap', qty: 2, unit: 1_999, disc: 0, cur: 'EUR', mkt: 'eu', grp: 'public', tax: 'included', rate: 1_900, pid: 'cap', prev: 7, promo: [], sub: null, iat: start / 1_000, exp: start / 1_000 + 900,
    });
    expect(await claimsOf(json.shipping?.promise, SHIPPING_PROMISE)).toMatchObject({ method: 'standard', unit: 490, rate: 1_900, exp: start / 1_000 + 900 });
  });

  it('costs what the page says, and what the tier says for more', async () => {
    const page = (await get(api, '/v1/products/cap')).json.price;
    const { json } = await preview([line('cap'), line('cap', 10)]);
    expect(json.lines.map(({ price }) => price?.unit)).toEqual([page.value, page.tiers[0]?.value]);
  });

  it('promises no longer than the price holds', async () => {
    const { json } = await preview([line('sale'), line('cap')]);
    expect(json.validUntil).toBe(at(5 * minute));
    expect([(await claimsOf(json.lines[0]?.promise, PRICE_PROMISE)).exp, (await claimsOf(json.lines[1]?.promise, PRICE_PROMISE)).exp]).toEqual([start / 1_000 + 300, start / 1_000 + 900]);
  });

  it('says why a line can not be ordered, and of too little stock only says so', async () => {
    const { json } = await preview([line('nothing'), line('shirt'), line('old'), line('bare'), line('shirt-S'), line('cap', 4), line('sale')]);
    expect(json.lines.map(({ issue, promise }) => [issue?.code ?? null, issue?.reason ?? null, promise !== null])).toEqual([
      ['UNKNOWN_SKU', null, false],
      ['UNKNOWN_SKU', null, false],
      ['NOT_SOLD', null, false],
      ['NO_PRICE', 'NOT_IN_MARKET', false],
      ['OUT_OF_STOCK', null, true],
      ['NOT_ENOUGH_STOCK', null, true],
      [null, null, true],
    ]);
    expect(json.orderable).toBe(false);
  });

  it('is in the market asked for, with its tax and shipping', async () => {
    const { json } = await preview([line('cap')], {}, { 'steward-market': 'us' });
    expect([json.currency, json.shipping, figures(json.totals)]).toEqual(['USD', null, [2_100, 0, 2_100]]);
    expect((await preview([line('cap')], { shippingMethod: 'express' })).json.shipping?.method).toBe('express');
  });

  it('is at the price of the customer’s group, and for this customer only', async () => {
    const token = bearer(await issuer.token({ steward_customer: 'c1', steward_group: 'club' }, { now: start }));
    const { json } = await preview([line('cap')], {}, token);
    expect(json.lines[0]?.price && figures(json.lines[0].price)).toEqual([1_000, 190, 1_190]);
    expect(await claimsOf(json.lines[0]?.promise, PRICE_PROMISE)).toMatchObject({ grp: 'club', sub: 'c1' });
  });

  it('is not at a group’s price for whoever only knows its name', async () => {
    const { status, json } = await preview<{ code: string }>([line('cap')], {}, { 'steward-customer-group': 'club' });
    expect([status, json.code]).toEqual([400, 'GATEWAY_CONTEXT_CONFLICT']);
  });
});

describe('promotions', () => {
  const discounts = async (lines: unknown, more: object = {}) => {
    const { json } = await preview(lines, more);
    return { ofLines: json.lines.map(({ price }) => Number(price?.discount.minorUnits)), total: Number(json.totals.gross.minorUnits), codes: json.codes, cart: json };
  };
  const seen = (id: string) => eventually(async () => (await discounts([line('cap', 2)])).cart.lines[0]?.price?.promotions.includes(id));

  afterEach(() => promotions(scene.database, ...['ten', 'code', 'big'].map((key) => ({ key, revision: 9, data: null }))));

  it('lower the lines as the order will, and bind each promise to this cart', async () => {
    await promotions(scene.database, { key: 'ten', revision: 1, data: aPromotion('ten', { validTo: at(minute) }) });
    await seen('ten');
    const { ofLines, total, cart } = await discounts([line('cap', 2), line('shirt-S')]);
    expect([ofLines, total]).toEqual([[400, 300], 3_998 + 3_000 - 700 + 490]);
    expect([cart.discount.minorUnits, cart.validUntil, cart.lines[0]?.price?.promotions]).toEqual(['700', at(minute), ['ten']]);
    const [one, other] = await Promise.all(cart.lines.map(({ promise }) => claimsOf(promise, PRICE_PROMISE)));
    expect(one).toMatchObject({ disc: 400, promo: ['ten'], cart: expect.any(String) as string });
    expect(one?.['cart']).toBe(other?.['cart']);
  });

  it('with a code are only for whoever names it', async () => {
    await promotions(scene.database, { key: 'code', revision: 10, data: aPromotion('code', { code: 'SUMMER', kind: 'amount', valueBp: null, amount: 500 }) });
    await eventually(async () => (await discounts([line('cap')], { codes: ['summer'] })).ofLines[0] === 500);
    const named = await discounts([line('cap')], { codes: ['summer', 'WINTER'] });
    expect(named.codes).toEqual([{ code: 'summer', applied: true }, { code: 'WINTER', applied: false }]);
    expect((await discounts([line('cap')])).ofLines).toEqual([0]);
  });
});

describe('a preview is refused', () => {
  const refusal = async (body: unknown, headers: Record<string, string> = {}) => {
    const { status, json } = await post(api, '/v1/price-preview', body, headers);
    return [status, json.code, json.errors[0]?.pointer];
  };

  it.each([-1, 0, 1.5, '3', 2_147_483_648, 9_007_199_254_740_992, null, [], true])('with the quantity %j', async (quantity) => {
    expect(await refusal({ lines: [{ sku: 'cap', quantity }] })).toEqual([422, 'GATEWAY_INPUT_REFUSED', '/lines/0/quantity']);
  });

  it.each([
    ['no lines', '{}', 422, 'GATEWAY_INPUT_REFUSED', '/lines'],
    ['an empty cart', '{"lines":[]}', 422, 'GATEWAY_INPUT_REFUSED', '/lines'],
    ['a misspelt field', '{"lines":[{"sku":"cap","quantitiy":1}]}', 422, 'GATEWAY_INPUT_REFUSED', '/lines/0/quantity'],
    ['an unknown field', '{"lines":[{"sku":"cap","quantity":1,"price":1}]}', 422, 'GATEWAY_INPUT_REFUSED', '/lines/0/price'],
    ['a field given twice', '{"lines":[{"sku":"cap","quantity":1,"quantity":9}]}', 422, 'GATEWAY_INPUT_REFUSED', '/lines/0/quantity'],
    ['__proto__', '{"lines":[{"sku":"cap","quantity":1,"__proto__":{}}]}', 422, 'GATEWAY_INPUT_REFUSED', '/lines/0/__proto__'],
    ['an unknown shipping method', '{"lines":[{"sku":"cap","quantity":1}],"shippingMethod":"drone"}', 422, 'GATEWAY_INPUT_REFUSED', '/shippingMethod'],
    ['more than can be counted', '{"lines":[{"sku":"dear","quantity":2}]}', 422, 'GATEWAY_INPUT_REFUSED', '/lines'],
    ['no JSON', '{"lines":', 400, 'GATEWAY_BODY_REFUSED', ''],
    ['nothing', '', 400, 'GATEWAY_BODY_REFUSED', ''],
    ['too much', `{"lines":[],"x":"${'x'.repeat(300_000)}"}`, 413, 'GATEWAY_BODY_TOO_LARGE', ''],
  ])('with %s', async (_name, body, ...refused) => {
    expect(await refusal(body)).toEqual(refused);
  });

  it('in another media type, market or currency', async () => {
    const body = JSON.stringify({ lines: [line('cap')] });
    expect((await refusal(body, { 'content-type': 'text/plain' })).slice(0, 2)).toEqual([415, 'GATEWAY_MEDIA_TYPE_REFUSED']);
    expect((await refusal(body, { 'steward-market': 'mars' })).slice(0, 2)).toEqual([400, 'GATEWAY_CONTEXT_REFUSED']);
    expect(await refusal(body, { 'steward-currency': 'USD' })).toEqual([400, 'GATEWAY_CONTEXT_REFUSED', 'steward-currency']);
  });

  it.each([
    ['without keys', { STEWARD_MODE: 'production' }],
    ['without a tax rate', { STEWARD_GATEWAY_MARKETS: 'eu:EUR' }],
  ])('%s, and the catalogue is shown all the same', async (_name, env) => {
    const closed = await apiOn(scene.url, { clock, env });
    try {
      const { status, json } = await post(closed, '/v1/price-preview', { lines: [line('cap')] });
      expect([status, json.code, (await get(closed, '/v1/products/cap')).status]).toEqual([503, 'CHECKOUT_CLOSED', 200]);
    } finally {
      await closed.stop();
    }
  });
});
