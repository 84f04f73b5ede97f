import { randomUUID } from 'node:crypto';
import { releaseStock, reserveStock, type Order, type ReleaseStock, type ReserveStock, type StockReservation } from '@steward/contracts';
import { manualClock, type Problem } from '@steward/platform';
import { bearer, eventually, testIssuer, type TestIssuer } from '@steward/testing';
import type { GatewayApi } from '../api/gateway-api';
import { forgetCustomers } from '../customer/forget';
import { apiOn, get, graphql, post, send, stage } from '../fixtures/api.fixture.spec';
import { aLevel, aPrice, aProduct, orders, prices, products, reservations, start, stock } from '../fixtures/read-model.fixture.spec';
import { anOrder, commands, orderBody, sendOrder } from '../fixtures/shopper.fixture.spec';
import type { CartView } from '../cart/cart-view';
import type { ReservationView } from './reservation-view';

const clock = manualClock(start);
let scene: Awaited<ReturnType<typeof stage>>;
let issuer: TestIssuer;
let api: GatewayApi;

beforeAll(async () => {
  scene = await stage();
  issuer = await testIssuer();
  await products(scene.database, { key: 'cap', revision: 1, data: aProduct('cap') }, { key: 'hat', revision: 1, data: aProduct('hat') });
  await prices(scene.database, { key: 'cap', revision: 1, data: aPrice('cap', 'cap', 1_999) }, { key: 'hat', revision: 1, data: aPrice('hat', 'hat', 3_000) });
  api = await apiOn(scene.url, { clock, env: { ...issuer.env, STEWARD_GATEWAY_CHECKOUT_RATE_LIMIT: '0', STEWARD_GATEWAY_RESERVATION_TTL_MS: '600000', STEWARD_GATEWAY_RESERVATION_PIECES: '20' } });
});
afterAll(async () => {
  await api.stop();
  await issuer.stop();
  await scene.close();
});

type Held = Omit<Problem, 'status'> & { reservation: ReservationView; reservationToken: string };
type Headers = Record<string, string>;

const cap = (quantity = 1) => [{ sku: 'cap', quantity }];
const customer = async (id: string) => bearer(await issuer.token({ steward_customer: id }, { now: clock.now() }));
const reserve = (body: unknown, { key = randomUUID(), ...headers }: Headers & { key?: string } = {}) => post<Held>(api, '/v1/reservations', body, { 'idempotency-key': key, prefer: 'wait=0', ...headers });
const see = (id: string, headers: Headers = {}) => get<ReservationView & { code?: string }>(api, `/v1/reservations/${id}`, headers);
const release = (id: string, headers: Headers = {}) => send<{ code: string } | null>(api, 'DELETE', `/v1/reservations/${id}`, '', headers);
const token = (reservationToken: string) => ({ 'steward-reservation-token': reservationToken });
const asked = async (id: string) => (await commands<ReserveStock>(scene.database, 'reserve-stock')).filter(({ orderId }) => orderId === id);
const released = async (id: string) => (await commands<ReleaseStock>(scene.database, 'release-stock')).filter(({ orderId }) => orderId === id);
const rows = async () => (await scene.database.query('select (select count(*)::int from idempotency) as keys, (select count(*)::int from cart_reservation) as reservations, (select count(*)::int from outbox) as commands'))[0];

let revision = 0;
/** The stock service says of it. */
async function told(id: string, status: StockReservation['status'], more: Partial<StockReservation> = {}): Promise<void> {
  const [command] = await asked(id);
  if (command === undefined) throw new Error(`nothing was asked for ${id}`);
  const data = { orderId: id, status, lines: command.lines.map((line) => ({ ...line, allocations: [] })), refusal: null, expiresAt: status === 'held' ? command.expiresAt : null, erpReference: null, exportRefusal: null, ...more };
  await reservations(scene.database, { key: id, revision: (revision += 1), data });
}
/** Held for a guest. */
async function held(lines = cap(2)) {
  const { json } = await reserve({ lines });
  await told(json.reservation.id, 'held');
  return { id: json.reservation.id, owner: token(json.reservationToken), reference: { id: json.reservation.id, token: json.reservationToken } };
}
const commandOf = async (orderId: string) => (await commands(scene.database)).find((each) => each.orderId === orderId);

describe('a reservation of a cart', () => {
  it('is asked for while nothing behind the gateway answers, and says so', async () => {
    const { status, json, headers } = await reserve({ lines: [...cap(2), { sku: 'hat', quantity: 1 }], holdSeconds: 60 });
    const { id } = json.reservation;
    const expiresAt = new Date(start + 60_000).toISOString();
    expect([status, headers.get('location'), headers.get('retry-after'), headers.get('cache-control')]).toEqual([202, `/v1/reservations/${id}`, '1', 'no-store']);
    expect(json.reservation).toEqual({ id, status: 'PENDING', expiresAt, lines: [{ sku: 'cap', quantity: 2, available: null }, { sku: 'hat', quantity: 1, available: null }], orderId: null });
    const sent = await asked(id);
    expect(sent).toEqual([{ orderId: id, lines: [{ lineId: '1', sku: 'cap', quantity: 2 }, { lineId: '2', sku: 'hat', quantity: 1 }], expiresAt }]);
    expect(reserveStock.validateProduced(sent[0])).toEqual([]);
    expect(await scene.database.query('select subject from outbox where key = $1', [id])).toEqual([{ subject: `cmd.gateway.reserve-stock.v1.${id}` }]);
  });

  it('is answered with what the stock service says meanwhile: held, until when', async () => {
    const before = (await commands<ReserveStock>(scene.database, 'reserve-stock')).length;
    const key = randomUUID();
    const answer = reserve({ lines: cap() }, { key, prefer: 'wait=10' });
    const [command] = await eventually(async () => {
      const all = (await commands<ReserveStock>(scene.database, 'reserve-stock')).slice(before);
      return all.length === 1 ? all : undefined;
    });
    await told(command?.orderId ?? '', 'held');
    const { status, json } = await answer;
    expect([status, json.reservation.status, json.reservation.expiresAt]).toEqual([201, 'HELD', new Date(start + 600_000).toISOString()]);
    const again = await reserve({ lines: cap() }, { key });
    expect([again.status, again.json, again.headers.get('idempotent-replayed')]).toEqual([201, json, 'true']);
  });

  it('is a problem where there is less, with what there is of each line', async () => {
    const key = randomUUID();
    const before = (await commands<ReserveStock>(scene.database, 'reserve-stock')).length;
    const lines = [...cap(3), { sku: 'hat', quantity: 1 }, ...cap(9)];
    const answer = reserve({ lines }, { key, prefer: 'wait=10' });
    const [command] = await eventually(async () => {
      const all = (await commands<ReserveStock>(scene.database, 'reserve-stock')).slice(before);
      return all.length === 1 ? all : undefined;
    });
    const shortages = [{ lineId: '2', sku: 'hat', available: 0 }, { lineId: '3', sku: 'cap', available: 5 }];
    await told(command?.orderId ?? '', 'refused', { refusal: { code: 'OUT_OF_STOCK', sku: 'hat', available: 0, shortages } });
    const { status, json } = await answer;
    expect([status, json.code, json.reservation.status, json.reservation.lines.map(({ available }) => available)]).toEqual([409, 'OUT_OF_STOCK', 'REFUSED', [null, 0, 5]]);
    expect(json.errors).toEqual([
      { pointer: '/lines/1/quantity', detail: 'is 1', accepted: 'nothing: it is out of stock' },
      { pointer: '/lines/2/quantity', detail: 'is 9', accepted: 'at most 5' },
    ]);
    expect((await reserve({ lines }, { key })).json).toEqual(json);
  });

  it('S4: is one, however often it is sent at once; another body under its key is refused', async () => {
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 5 }, () => reserve({ lines: cap(2) }, { key })));
    const ids = new Set(answers.filter(({ status }) => status === 202).map(({ json }) => json.reservation.id));
    const [id] = [...ids];
    expect([ids.size, (await asked(id ?? '')).length]).toEqual([1, 1]);
    expect(answers.every(({ status, json }) => status === 202 || json.code === 'IDEMPOTENCY_IN_PROGRESS')).toBe(true);
    expect((await reserve({ lines: cap(3) }, { key })).json.code).toBe('IDEMPOTENCY_MISMATCH');
    // A key is its owner's: a customer's may be the same.
    expect((await reserve({ lines: cap(2) }, { key, ...(await customer('c1')) })).json.reservation.id).not.toBe(id);
  });

  it('is seen and given back by whoever made it, or has its token, and by nobody else', async () => {
    const own = await customer('c2');
    const { json } = await reserve({ lines: cap() }, own);
    const { id } = json.reservation;
    for (const headers of [{}, await customer('c3'), token('x')]) {
      expect([(await see(id, headers)).status, (await see(id, headers)).json.code]).toEqual([404, 'RESERVATION_UNKNOWN']);
      expect([(await release(id, headers)).status, (await release(id, headers)).json?.code]).toEqual([404, 'RESERVATION_UNKNOWN']);
    }
    expect((await see('none', own)).status).toBe(404);
    expect([await released(id), (await see(id, own)).status, (await see(id, token(json.reservationToken))).status]).toEqual([[], 200, 200]);
    expect((await release(id, own)).status).toBe(204);
    expect((await release(id, token(json.reservationToken))).status).toBe(204);
    expect([(await see(id, own)).json.status, await released(id)]).toEqual(['RELEASED', [{ orderId: id, reason: 'released by the shopper' }]]);
    expect(releaseStock.validateProduced((await released(id))[0])).toEqual([]);
  });

  it('is there for its shopper in a preview, and for nobody else', async () => {
    const { reference } = await held([...cap(1), ...cap(1)]);
    await stock(scene.database, { data: aLevel('cap', 'HAM', 0), revision: (revision += 1), at: clock.now() });
    const issues = async (quantity: number, reservation?: unknown) => (await post<CartView>(api, '/v1/price-preview', { lines: cap(quantity), ...(reservation === undefined ? {} : { reservation }) })).json.lines[0]?.issue?.code ?? null;
    await eventually(async () => (await issues(2)) === 'OUT_OF_STOCK');
    expect([await issues(2, reference), await issues(3, reference)]).toEqual([null, 'OUT_OF_STOCK']);
    await stock(scene.database, { data: aLevel('cap', 'HAM', 1), revision: (revision += 1), at: clock.now() });
    await eventually(async () => (await issues(2)) === 'NOT_ENOUGH_STOCK');
    expect([await issues(3, reference), await issues(4, reference)]).toEqual([null, 'NOT_ENOUGH_STOCK']);
    const { json } = await post<Held>(api, '/v1/price-preview', { lines: cap(), reservation: { id: reference.id } });
    expect([json.code, json.errors[0]?.pointer]).toEqual(['GATEWAY_INPUT_REFUSED', '/reservation']);
  });

  it('ends with its time, whether anybody has said so or not', async () => {
    const { id, owner } = await held();
    const silent = await reserve({ lines: cap() });
    expect((await see(id, owner)).json.status).toBe('HELD');
    clock.advance(600_000);
    expect([(await see(id, owner)).json.status, (await see(silent.json.reservation.id, token(silent.json.reservationToken))).json.status]).toEqual(['EXPIRED', 'EXPIRED']);
    await told(id, 'expired');
    expect((await see(id, owner)).json.status).toBe('EXPIRED');
  });

  it.each<[string, unknown, number, string, string]>([
    ['a negative quantity', { lines: cap(-1) }, 422, 'GATEWAY_INPUT_REFUSED', '/lines/0/quantity'],
    ['none', { lines: cap(0) }, 422, 'GATEWAY_INPUT_REFUSED', '/lines/0/quantity'],
    ['half a piece', { lines: cap(1.5) }, 422, 'GATEWAY_INPUT_REFUSED', '/lines/0/quantity'],
    ['a quantity as text', { lines: [{ sku: 'cap', quantity: '3' }] }, 422, 'GATEWAY_INPUT_REFUSED', '/lines/0/quantity'],
    ['2^31 pieces', { lines: cap(2_147_483_648) }, 422, 'GATEWAY_INPUT_REFUSED', '/lines/0/quantity'],
    ['an unsafe integer', '{"lines":[{"sku":"cap","quantity":9007199254740993}]}', 422, 'GATEWAY_INPUT_REFUSED', '/lines/0/quantity'],
    ['more pieces than a cart may hold', { lines: [...cap(12), ...cap(9)] }, 422, 'GATEWAY_INPUT_REFUSED', '/lines'],
    ['101 lines', { lines: Array.from({ length: 101 }, () => cap()[0]) }, 422, 'GATEWAY_INPUT_REFUSED', '/lines'],
    ['no lines', { lines: [] }, 422, 'GATEWAY_INPUT_REFUSED', '/lines'],
    ['an unknown SKU', { lines: [...cap(), { sku: 'nothing', quantity: 1 }] }, 422, 'GATEWAY_INPUT_REFUSED', '/lines/1/sku'],
    ['a SKU with NUL', { lines: [{ sku: 'c\0p', quantity: 1 }] }, 422, 'GATEWAY_INPUT_REFUSED', ''],
    ['a shorter time than it takes', { lines: cap(), holdSeconds: 29 }, 422, 'GATEWAY_INPUT_REFUSED', '/holdSeconds'],
    ['a longer time than the shop allows', { lines: cap(), holdSeconds: 601 }, 422, 'GATEWAY_INPUT_REFUSED', '/holdSeconds'],
    ['a time of 1.5 seconds', { lines: cap(), holdSeconds: 60.5 }, 422, 'GATEWAY_INPUT_REFUSED', '/holdSeconds'],
    ['an unknown field', { lines: cap(), ttl: 60 }, 422, 'GATEWAY_INPUT_REFUSED', '/ttl'],
    ['__proto__', '{"lines":[{"sku":"cap","quantity":1}],"__proto__":{"a":1}}', 422, 'GATEWAY_INPUT_REFUSED', '/__proto__'],
    ['a field given twice', '{"lines":[{"sku":"cap","quantity":1,"quantity":2}]}', 422, 'GATEWAY_INPUT_REFUSED', '/lines/0/quantity'],
    ['no JSON', '{', 400, 'GATEWAY_BODY_REFUSED', ''],
  ])('of %s is refused at its place, and nothing is written', async (_name, body, status, code, pointer) => {
    const before = await rows();
    const answer = await reserve(body);
    expect([answer.status, answer.json.code, answer.json.errors[0]?.pointer]).toEqual([status, code, pointer]);
    expect(answer.json.errors[0]?.accepted).not.toBe('');
    expect(await rows()).toEqual(before);
  });

  it('without a key, or with a query, is refused', async () => {
    expect((await post<Held>(api, '/v1/reservations', { lines: cap() })).json.code).toBe('IDEMPOTENCY_KEY_REFUSED');
    expect((await post<Held>(api, '/v1/reservations?x=1', { lines: cap() }, { 'idempotency-key': randomUUID() })).json.code).toBe('GATEWAY_ARGUMENT_REFUSED');
  });

  it('may be asked for as often in a minute as an order', async () => {
    const limited = await apiOn(scene.url, { clock, env: { STEWARD_GATEWAY_CHECKOUT_RATE_LIMIT: '2' } });
    const ask = () => post<Held>(limited, '/v1/reservations', { lines: cap() }, { 'idempotency-key': randomUUID(), prefer: 'wait=0' });
    const answers = [await ask(), await ask(), await ask()];
    await limited.stop();
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 429]);
    expect([answers[2]?.json.code, answers[2]?.headers.get('retry-after')]).toEqual(['CHECKOUT_RATE_LIMITED', '60']);
  });

  it('of a customer who is erased is forgotten', async () => {
    const own = await customer('c4');
    const { json } = await reserve({ lines: cap() }, own);
    await scene.database.transaction((tx) => forgetCustomers(tx, ['c4']));
    expect((await see(json.reservation.id, own)).status).toBe(404);
  });
});

describe('an order that names a reservation', () => {
  const order = async (reservation: unknown, { lines = cap(2), ...headers }: { lines?: { sku: string; quantity: number }[] } & Record<string, unknown> = {}) =>
    sendOrder(api, { ...(await orderBody(api, lines)), reservation }, headers as Headers);
  const becomes = async (orderId: string, status: Order['status']) => {
    const command = await commandOf(orderId);
    if (command === undefined) throw new Error('no command');
    await orders(scene.database, { key: orderId, revision: (revision += 1), data: anOrder(command, { status }) });
  };

  it('takes it over, and the shopper sees whose it is', async () => {
    const { id, owner, reference } = await held();
    const { status, json } = await order(reference, { lines: [...cap(1), { sku: 'hat', quantity: 1 }] });
    expect([status, await commandOf(json.order.id)]).toMatchObject([202, { cartReservationId: id }]);
    expect((await see(id, owner)).json).toMatchObject({ status: 'ORDERED', orderId: json.order.id });
    const refused = await release(id, owner);
    expect([refused.status, refused.json?.code, await released(id)]).toEqual([409, 'RESERVATION_ORDERED', []]);
  });

  it('without one says nothing of any', async () => {
    const { json } = await sendOrder(api, await orderBody(api, cap()));
    expect(await commandOf(json.order.id)).not.toHaveProperty('cartReservationId');
  });

  it('of a customer needs no token', async () => {
    const own = await customer('c5');
    const { json } = await reserve({ lines: cap(2) }, own);
    expect((await order({ id: json.reservation.id }, own)).status).toBe(202);
  });

  it('S2: is one, of however many that name it at once; the others are told and have written nothing', async () => {
    const { id, reference } = await held();
    const body = { ...(await orderBody(api, cap(2))), reservation: reference };
    const before = await rows();
    const answers = await Promise.all(Array.from({ length: 5 }, () => sendOrder(api, body)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([202, 409, 409, 409, 409]);
    expect(answers.filter(({ status }) => status === 409).map(({ json }) => [json.code, json.errors[0]?.pointer])).toEqual(Array.from({ length: 4 }, () => ['RESERVATION_ORDERED', '/reservation/id']));
    expect((await commands(scene.database)).filter(({ cartReservationId }) => cartReservationId === id)).toHaveLength(1);
    expect(await rows()).toMatchObject({ keys: Number((before as { keys: number }).keys) + 1 });
  });

  it('S4: repeated, has it still', async () => {
    const { reference } = await held();
    const body = { ...(await orderBody(api, cap(2))), reservation: reference };
    const key = randomUUID();
    const [first, again] = [await sendOrder(api, body, { key }), await sendOrder(api, body, { key })];
    expect([again.status, again.json]).toEqual([first.status, first.json]);
  });

  it('and is rejected leaves it to the next one', async () => {
    const { id, owner, reference } = await held();
    const first = await order(reference);
    await becomes(first.json.order.id, 'REJECTED');
    expect((await see(id, owner)).json).toMatchObject({ status: 'HELD', orderId: null });
    const second = await order(reference);
    expect((await see(id, owner)).json).toMatchObject({ status: 'ORDERED', orderId: second.json.order.id });
    await becomes(second.json.order.id, 'CONFIRMED');
    expect((await order(reference)).json.code).toBe('RESERVATION_ORDERED');
  });

  it('is accepted when its time is over or it was given back: it is reserved for as usual', async () => {
    const [late, given] = [await held(), await held()];
    await release(given.id, given.owner);
    clock.advance(600_000);
    for (const { reference } of [late, given]) expect((await order(reference)).status).toBe(202);
  });

  it.each<[string, (own: { id: string; token: string }) => unknown, string]>([
    ['that is somebody else’s', ({ id }) => ({ id }), '/reservation'],
    ['with another token', ({ id }) => ({ id, token: 'x' }), '/reservation'],
    ['that there is not', ({ token: right }) => ({ id: 'none', token: right }), '/reservation'],
    ['with an id that is none', () => ({ id: 7 }), '/reservation/id'],
    ['with an unknown field', (own) => ({ ...own, lines: [] }), '/reservation/lines'],
  ])('%s is refused at its place', async (_name, reference, pointer) => {
    const own = await held();
    const before = await rows();
    const { status, json } = await order(reference(own.reference));
    expect([status, json.code, json.errors[0]?.pointer, await rows()]).toEqual([422, 'GATEWAY_INPUT_REFUSED', pointer, before]);
  });
});

describe('in GraphQL', () => {
  interface Payload {
    reservation: ReservationView | null;
    reservationToken: string | null;
    replayed: boolean;
    userErrors: { code: string; field: string[] | null; message: string }[];
  }
  async function ask<T>(field: string, query: string, variables: object, headers: Headers = {}): Promise<T> {
    const { json } = await graphql(api, { query, variables }, headers);
    return (json.data as unknown as Record<string, T> | undefined)?.[field] as T;
  }
  const shown = 'reservation { id status expiresAt orderId lines { sku quantity available } }';
  const reserveCart = (lines: unknown, idempotencyKey: string = randomUUID(), holdSeconds: number | null = null, headers: Headers = {}) =>
    ask<Payload>('reserveCart', `mutation R($lines: [CartLineInput!]!, $idempotencyKey: String!, $holdSeconds: Int) { reserveCart(lines: $lines, idempotencyKey: $idempotencyKey, holdSeconds: $holdSeconds, waitSeconds: 0) { ${shown} reservationToken replayed userErrors { code field message } } }`, { lines, idempotencyKey, holdSeconds }, headers);
  const releaseReservation = (id: string, given: string | null) => ask<Payload>('releaseReservation', `mutation R($id: ID!, $token: String) { releaseReservation(id: $id, token: $token) { ${shown} userErrors { code field message } } }`, { id, token: given });
  const reservation = (id: string, given: string | null) => ask<ReservationView | null>('reservation', `query Q($id: ID!, $token: String) { reservation(id: $id, token: $token) { id status } }`, { id, token: given });

  it('a reservation is asked for, seen and given back as by REST, and a key is good at both doors', async () => {
    const key = randomUUID();
    const made = await reserveCart(cap(2), key, 60);
    expect([made.reservation?.status, made.replayed, made.userErrors]).toEqual(['PENDING', false, []]);
    const { json } = await reserve({ lines: cap(2), holdSeconds: 60 }, { key });
    expect([json.reservation, json.reservationToken]).toEqual([made.reservation, made.reservationToken]);
    const id = made.reservation?.id ?? '';
    await told(id, 'held');
    expect([await reservation(id, made.reservationToken), await reservation(id, null), await reservation(id, 'x')]).toEqual([{ id, status: 'HELD' }, null, null]);
    expect((await releaseReservation(id, null)).userErrors).toMatchObject([{ code: 'RESERVATION_UNKNOWN', field: ['id'] }]);
    expect((await releaseReservation(id, made.reservationToken)).reservation).toMatchObject({ id, status: 'RELEASED' });
  });

  it('what is refused is data, at its place', async () => {
    expect((await reserveCart(cap(0))).userErrors).toMatchObject([{ code: 'GATEWAY_INPUT_REFUSED', field: ['lines', '0', 'quantity'] }]);
    expect((await reserveCart([{ sku: 'nothing', quantity: 1 }])).userErrors).toMatchObject([{ code: 'GATEWAY_INPUT_REFUSED', field: ['lines', '0', 'sku'] }]);
    expect((await reserveCart(cap(), 'short')).userErrors).toMatchObject([{ code: 'IDEMPOTENCY_KEY_REFUSED', field: ['idempotencyKey'] }]);
  });

  it('an order names it, once', async () => {
    const { reference } = await held();
    const body = await orderBody(api, cap(2));
    const input = { ...body, payment: { method: 'CARD', token: 'tok' }, reservation: reference };
    const place = () => ask<{ order: { id: string } | null; userErrors: unknown[] }>('placeOrder', 'mutation P($input: PlaceOrderInput!, $key: String!) { placeOrder(input: $input, idempotencyKey: $key, waitSeconds: 0) { order { id } userErrors { code field } } }', { input, key: randomUUID() });
    const [first, second] = [await place(), await place()];
    expect([await commandOf(first.order?.id ?? ''), second]).toMatchObject([{ cartReservationId: reference.id }, { order: null, userErrors: [{ code: 'RESERVATION_ORDERED', field: ['input', 'reservation', 'id'] }] }]);
  });
});
