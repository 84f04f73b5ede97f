/** An order through the whole system: gateway, saga, stock, payment, OMS, ERP, and back to the shopper. */
import { rmSync } from 'node:fs';
import { run } from '@steward/cli';
import { eventually, OtlpReceiver } from '@steward/testing';
import { eraseMe, placeOrder, preview, readOrder, readReservation, register, releaseReservation, requestReturn, reserveCart, type Answered, type Placed, type Reserved, type ShownOrder } from '../clients/shopper.client';
import { readBooks, violations, type Books } from '../shop/books';
import { codeOf } from '../shop/clicks';
import { layOut, shownQuantity, type Goods } from '../shop/goods';
import { freePortPlan, type ProcessName } from '../system/ports';
import { scratchFolder } from '../system/scratch-folder';
import { startSystem, type System } from '../system/system';
import { placesThatMention } from './mentions.fixture.spec';

const behind = ['sandbox', 'pim', 'erp', 'crm', 'oms', 'pricing', 'operations', 'gateway-projector', 'nats-server'] as const satisfies readonly ProcessName[];

describe('an order', () => {
  const dataDir = scratchFolder('order');
  let receiver: OtlpReceiver;
  let system: System;
  let goods: Goods[];
  let orders = 0;

  beforeAll(async () => {
    receiver = await OtlpReceiver.start();
    const telemetry = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: '200' };
    const env = Object.fromEntries(['gateway-api', 'gateway-projector', 'oms', 'erp'].map((name) => [name, telemetry]));
    system = await startSystem({ dataDir, ports: await freePortPlan(), mode: 'test', env });
    await system.sandbox.seed({ seed: 'order', products: 40 });
    goods = await layOut(system.sandbox, system.gatewayUrl, { skus: 6, stock: 10, withinMs: 60_000 });
  }, 180_000);

  afterAll(async () => {
    await system?.stop();
    await receiver.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const skuAt = (index: number): string => goods[index]?.sku ?? '';

  async function order(sku: string, { card = 'pm_card_visa', waitSeconds = 10 } = {}): Promise<{ answer: Answered; placed: Placed; unit: number }> {
    const { promise, shippingPromise, unit } = await preview(system.gatewayUrl, sku, 1);
    const answer = await placeOrder(system.gatewayUrl, { key: `order-of-this-spec-${(orders += 1)}`, lines: [{ sku, quantity: 1, promise: promise ?? '' }], shippingPromise, email: 'ada@example.com', card }, waitSeconds);
    const placed = JSON.parse(answer.text) as Placed;
    if (placed.order === undefined) throw new Error(`${answer.status} ${answer.text}`);
    return { answer, placed, unit };
  }

  const read = ({ order: { id }, orderToken }: Placed): Promise<ShownOrder> => readOrder(system.gatewayUrl, id, orderToken);
  const becomes = (placed: Placed, right: (shown: ShownOrder) => boolean): Promise<ShownOrder> =>
    eventually(async () => {
      const shown = await read(placed);
      if (!right(shown)) throw new Error(JSON.stringify(shown));
      return shown;
    }, { withinMs: 60_000 });

  /** The books as far as they speak of this one. */
  async function booksOf({ id, number }: ShownOrder): Promise<Books> {
    const { orders: all, sales, charges } = await readBooks(system.sandbox);
    return { orders: all.filter(({ reference }) => reference === number), sales: sales.filter(({ reference }) => reference === number), charges: charges.filter(({ metadata }) => metadata['orderId'] === id) };
  }

  /** At a terminal, as this person. */
  async function steward(sub: string, role: string, ...args: string[]): Promise<{ code: number; err: string }> {
    const asked = await fetch(`${system.sandbox.url}/_control/identity/token`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ sub, audience: 'operations', roles: [role] }) });
    const { token } = (await asked.json()) as { token: string };
    let err = '';
    const code = await run(args, { env: { STEWARD_OPERATIONS_URL: system.operationsUrl, STEWARD_TOKEN: token }, out: () => undefined, err: (text) => (err += text), signal: new AbortController().signal, repository: () => Promise.resolve(1) });
    return { code, err };
  }

  const asBought = (shown: ShownOrder, sku: string, unit: number) => ({ key: shown.id, sku, order: shown, refused: undefined, promisedUnit: unit, ids: [shown.id], answers: 1, tookMs: 0, doneAt: Date.now() });

  it('S2 S5 S6: is confirmed with one order, one sale and one payment, and its stock is spoken for', async () => {
    const sku = skuAt(0);
    const { placed, unit } = await order(sku);
    const shown = await becomes(placed, ({ status }) => status === 'CONFIRMED');
    expect(violations([asBought(shown, sku, unit)], [{ sku, stock: 1 }], await booksOf(shown))).toEqual([]);
    await eventually(async () => (await shownQuantity(system.gatewayUrl, sku)) === 9);
  }, 90_000);

  it('S2: takes over what its cart holds while nobody else gets any, and what is given back is everybody’s', async () => {
    const sku = skuAt(5);
    const reserve = async (key: string, quantity: number): Promise<{ status: number } & Reserved> => {
      const { status, text } = await reserveCart(system.gatewayUrl, { key, lines: [{ sku, quantity }], holdSeconds: 300 }, 10);
      return { status, ...(JSON.parse(text) as Reserved) };
    };
    const [mine, given] = [await reserve('the-cart-of-this-spec', 8), await reserve('another-cart-of-this-spec', 2)];
    expect([mine.status, mine.reservation.status, given.status]).toEqual([201, 'HELD', 201]);
    expect((await reserve('a-cart-that-is-late', 1)).status).toBe(409);
    const late = await order(sku);
    expect([late.answer.status, late.placed.order.rejection?.code]).toEqual([409, 'OUT_OF_STOCK']);

    const { promise, shippingPromise } = await preview(system.gatewayUrl, sku, 1);
    const purchase = { lines: [{ sku, quantity: 1, promise: promise ?? '' }], shippingPromise, email: 'ada@example.com', card: 'pm_card_visa', reservation: { id: mine.reservation.id, token: mine.reservationToken } };
    const [placed, second] = [await placeOrder(system.gatewayUrl, { key: 'an-order-with-a-cart', ...purchase }, 10), await placeOrder(system.gatewayUrl, { key: 'the-same-cart-again', ...purchase }, 10)];
    await becomes(JSON.parse(placed.text) as Placed, ({ status }) => status === 'CONFIRMED');
    expect([codeOf(second), await readReservation(system.gatewayUrl, mine)]).toMatchObject(['RESERVATION_ORDERED', { status: 'ORDERED', orderId: (JSON.parse(placed.text) as Placed).order.id }]);
    // What the order left of it, and what was given back.
    expect((await releaseReservation(system.gatewayUrl, given)).status).toBe(204);
    await eventually(async () => (await shownQuantity(system.gatewayUrl, sku)) === 9);
  }, 90_000);

  it('S2 S3: a parcel is charged when it leaves, reaches the shopper, and is not taken from the stock twice', async () => {
    const sku = skuAt(1);
    const { placed } = await order(sku);
    const confirmed = await becomes(placed, ({ status }) => status === 'CONFIRMED');
    await system.sandbox.ship(confirmed.number);
    const shipped = await becomes(placed, ({ fulfilment, payment }) => fulfilment.status === 'SHIPPED' && payment.status === 'CAPTURED');
    const [charge] = (await booksOf(shipped)).charges;
    expect(charge).toMatchObject({ captured: Number(shipped.totals.gross.minorUnits), capturable: 0, refunded: 0 });
    // On hand has fallen by what was held before: what may be promised stays as it was.
    await eventually(async () => (await shownQuantity(system.gatewayUrl, sku)) === 9, { withinMs: 60_000 });

    // Two people pay a part of it back, once; more than is left is refused while they are there.
    const refund = (who: string, role: string, amount: number, id = `R-${shipped.number}`) => steward(who, role, 'refund', 'ask', id, '--order', shipped.id, '--amount', String(amount), '--currency', 'EUR', '--reason', 'scratched on arrival');
    expect(await refund('ada', 'refunder:Orders', (charge?.captured ?? 0) + 1, 'R-too-much').then(({ code, err }) => [code, err])).toEqual([2, expect.stringContaining('/amount')]);
    expect([(await refund('ada', 'refunder:Orders', 100)).code, (await refund('grace', 'approver:Orders', 100)).code, (await refund('grace', 'approver:Orders', 100)).code]).toEqual([0, 0, 0]);
    expect(await steward('ada', 'refunder:Orders', 'refund', 'show', `R-${shipped.number}`, '--wait')).toMatchObject({ code: 0 });
    const paidBack = await becomes(placed, ({ payment }) => payment.status === 'PARTIALLY_REFUNDED');
    expect((await booksOf(paidBack)).charges).toMatchObject([{ captured: charge?.captured, refunded: 100 }]);
  }, 150_000);

  it('is one trace from the shopper to the payment provider, the OMS and the ERP, and back to the storefront', async () => {
    const { placed } = await order(skuAt(2));
    await becomes(placed, ({ status }) => status === 'CONFIRMED');
    await eventually(() => {
      const sent = receiver.spans.filter(({ service, name }) => service === 'oms' && name === 'submit place').at(-1);
      const spans = receiver.trace(sent?.traceId ?? '').map(({ service, name }) => `${service}: ${name}`);
      expect(spans).toEqual(
        expect.arrayContaining([
          'oms: process cmd.gateway.place-order.v1.{key}',
          'erp: process cmd.oms.reserve-stock.v1.{key}',
          'oms: process evt.erp.stock-reservation.v1.{key}',
          'oms: submit authorize',
          'oms: submit place',
          'erp: process cmd.oms.export-order.v1.{key}',
          'erp: submit sale',
          'gateway-projector: process evt.oms.order.v1.{key}',
        ]),
      );
      return true;
    });
  }, 90_000);

  it('a declined card leaves nothing behind, and its piece goes back to the shelf', async () => {
    const sku = skuAt(3);
    const { answer, placed, unit } = await order(sku, { card: 'pm_card_chargeDeclined' });
    expect([answer.status, codeOf(answer)]).toEqual([409, 'ORDER_REJECTED']);
    const shown = await becomes(placed, ({ status }) => status === 'REJECTED');
    expect(shown.rejection?.code).toBe('PAYMENT_DECLINED');
    expect(violations([asBought(shown, sku, unit)], [], await booksOf(shown))).toEqual([]);
    await eventually(async () => (await shownQuantity(system.gatewayUrl, sku)) === 10);
  }, 90_000);

  it('S5: what was promised is charged, also when the price has changed since; who asks again is promised the new one', async () => {
    const sku = skuAt(4);
    const old = await preview(system.gatewayUrl, sku, 1);
    const record = (await system.sandbox.list('pricing/prices')).items.find(({ article, region, minQuantity = 1 }) => article === sku && region === 'EU' && minQuantity === 1);
    if (record === undefined) throw new Error(`${sku} has no price`);
    await system.sandbox.put('pricing/prices', { ...record, amount: (Number(record['amount']) + 1).toFixed(2) });
    await eventually(async () => (await preview(system.gatewayUrl, sku, 1)).unit === old.unit + 100);
    const lines = [{ sku, quantity: 1, promise: old.promise ?? '' }];
    const accepted = await placeOrder(system.gatewayUrl, { key: 'the-price-has-changed', lines, shippingPromise: old.shippingPromise, email: 'ada@example.com', card: 'pm_card_visa' }, 10);
    const shown = await becomes(JSON.parse(accepted.text) as Placed, ({ status }) => status === 'CONFIRMED');
    expect(violations([asBought(shown, sku, old.unit)], [], await booksOf(shown))).toEqual([]);
    const { placed, unit } = await order(sku);
    expect(unit).toBe(old.unit + 100);
    expect((await becomes(placed, ({ status }) => status === 'CONFIRMED')).lines[0]?.unit.minorUnits).toBe(String(unit));
  }, 90_000);

  it('S5: costs what the cart said when the pricing system has begun a promotion', async () => {
    const sku = skuAt(3);
    const before = await preview(system.gatewayUrl, sku, 1);
    await system.sandbox.put('pricing/promotions', { id: 'A-TENTH-OFF', title: 'A tenth off', region: 'EU', currency: 'EUR', percent: '10', articles: [sku], zone: 'Europe/Berlin' });
    await eventually(async () => (await preview(system.gatewayUrl, sku, 1)).total < before.total);
    const { total } = await preview(system.gatewayUrl, sku, 1);
    const { placed } = await order(sku);
    const shown = await becomes(placed, ({ status }) => status === 'CONFIRMED');
    expect([shown.totals.gross.minorUnits, (await booksOf(shown)).charges.map(({ capturable }) => capturable)]).toEqual([String(total), [total]]);
  }, 90_000);

  it('of a customer who is erased stays as a business record without them, in every database, stream and log', async () => {
    const bought = async (id: string) => {
      const person = `Planted-${id}`;
      const address = { name: person, street: `${person} Street`, postalCode: '20459', city: 'Hamburg', country: 'DE' };
      const token = await system.sandbox.customerToken(id);
      expect((await register(system.gatewayUrl, token, { email: `${person}@example.org`, name: person, addresses: [{ ...address, addressId: 'home', isDefaultShipping: true, isDefaultBilling: true }] }, 10)).status).toBe(200);
      const sku = skuAt(2);
      const { promise, shippingPromise } = await preview(system.gatewayUrl, sku, 1, token);
      const answer = await placeOrder(system.gatewayUrl, { key: `bought-by-${person}`, lines: [{ sku, quantity: 1, promise: promise ?? '' }], shippingPromise, email: `${person}@example.org`, card: 'pm_card_visa', address, token }, 10);
      const placed = JSON.parse(answer.text) as Placed;
      const { number } = await becomes(placed, ({ status }) => status === 'CONFIRMED');
      await system.sandbox.ship(number);
      await becomes(placed, ({ payment }) => payment.status === 'CAPTURED');
      expect((await requestReturn(system.gatewayUrl, placed.order.id, { key: `returned-by-${person}`, token, lines: [{ lineId: '1', quantity: 1 }], reason: `${person} grew` })).status).toBeLessThan(300);
      return { person, token, placed };
    };
    const gone = await bought('erased-one');
    const stays = await bought('stays-here');
    const everywhere = ['cmd.gateway.place-order', 'cmd.gateway.register-customer', 'cmd.gateway.request-return', 'cmd.oms.export-order', 'crm announced', 'crm effect', 'crm outbox', 'erp effect', 'evt.crm.customer', 'evt.oms.order', 'gateway outbox', 'gateway stored_part', 'oms announced', 'oms effect', 'oms outbox', 'oms saga', 'reconciliation stored_part'];
    for (const { person } of [gone, stays]) await eventually(async () => (expect(await placesThatMention(system, person)).toEqual(everywhere), true));

    expect((await eraseMe(system.gatewayUrl, gone.token, 10)).status).toBe(204);
    await eventually(async () => (expect(await placesThatMention(system, gone.person)).toEqual([]), true), { withinMs: 60_000 });
    expect(await placesThatMention(system, stays.person)).toEqual(everywhere);
    // Who holds the order's token still sees what was bought, and for how much.
    expect(await read(gone.placed)).toMatchObject({ number: gone.placed.order.number, totals: gone.placed.order.totals, payment: { status: 'CAPTURED' } });
  }, 180_000);

  it('I7: is accepted while everything behind the gateway is down, and decided when it is back', async () => {
    const sku = skuAt(0);
    const priced = await preview(system.gatewayUrl, sku, 1);
    await Promise.all(behind.map((name) => system.process(name).kill()));
    const key = 'while-everything-is-down';
    const answer = await placeOrder(system.gatewayUrl, { key, lines: [{ sku, quantity: 1, promise: priced.promise ?? '' }], shippingPromise: priced.shippingPromise, email: 'ada@example.com', card: 'pm_card_visa' }, 0);
    expect(answer.status).toBe(202);
    const placed = JSON.parse(answer.text) as Placed;
    expect(placed.order.status).toBe('ACCEPTED');
    const shown = await becomes(placed, ({ status }) => status === 'CONFIRMED');
    expect(violations([asBought(shown, sku, priced.unit)], [], await booksOf(shown))).toEqual([]);
  }, 180_000);
});
