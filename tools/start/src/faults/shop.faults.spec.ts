/**
 * S1 S2 S4 S5 S6 S7: more shoppers than goods, while processes are killed with -9 and every system of record misbehaves. Afterwards the
 * books of the OMS, the ERP and the payment provider agree with what each shopper was told, nothing is oversold, and the shelf has what is
 * left. Some carts hold their piece first, some of those give it back or let its time run out.
 * Some click five times, give up before the answer and ask again, while prices move under what they were promised.
 * I7: the same while everything behind the gateway is gone for a minute: each order is taken, honestly, and decided afterwards.
 */
import { rmSync } from 'node:fs';
import { oneOf, randomFrom } from '@steward/platform';
import { eventually } from '@steward/testing';
import type { SandboxSystem } from '../clients/sandbox.client';
import { placeOrder, preview, readOrder, type Placed } from '../clients/shopper.client';
import { type Books, readBooks, since, violations } from '../shop/books';
import { type Bought, play } from '../shop/buyers';
import { layOut, type Goods } from '../shop/goods';
import { told } from '../shop/report';
import { reprice } from '../shop/reprice';
import { shelves } from '../shop/shelves';
import { freePortPlan, processNames, type ProcessName } from '../system/ports';
import { scratchFolder } from '../system/scratch-folder';
import { startSystem, type System } from '../system/system';
import { wayOfOrders } from './way-of-orders.spec';

const seed = Number(process.env['STEWARD_FAULT_SEED'] ?? Date.now() % 1_000_000);
const buyers = Number(process.env['STEWARD_FAULT_BUYERS'] ?? 400);
const victims: readonly ProcessName[] = ['oms', 'erp', 'oms', 'erp', 'gateway-projector', 'gateway-api', 'sandbox', 'nats-server', 'postgres', 'oms', 'erp'];

/** One of each kind that a write can meet (S6), for a few calls. */
const faults: readonly (readonly [SandboxSystem, Readonly<Record<string, unknown>>])[] = [
  ['psp', { kind: 'drop-after-commit', times: 3 }],
  ['psp', { kind: 'error', status: 503, times: 3 }],
  ['psp', { kind: 'drop-before-commit', times: 3 }],
  ['oms', { kind: 'drop-after-commit', times: 3 }],
  ['oms', { kind: 'slow', delayMs: 3_000, times: 2 }],
  ['erp', { kind: 'drop-after-commit', times: 3, match: { path: '/erp/sales' } }],
  ['erp', { kind: 'rate-limit', retryAfterSeconds: 1, times: 3, match: { path: '/erp/sales' } }],
];

/** Everything but who answers shoppers, with the database that it takes orders into. */
const behind = processNames.filter((name) => name !== 'gateway-api' && name !== 'postgres');
const downForMs = 60_000;
const ordersMeanwhile = 40;
/** Fewer than are wanted, so that whoever reserves has to turn some away. */
const piecesMeanwhile = 5;

const impatientBuyers = 48;
/** A few shoppers come too late, and most of them are told so after they have given up. */
const piecesForTheImpatient = 10;

describe('a run on a few goods', () => {
  const dataDir = scratchFolder('shop');
  let system: System;
  let goods: Goods[];

  beforeAll(async () => {
    system = await startSystem({ dataDir, ports: await freePortPlan(), durable: true, mode: 'test' });
    await system.sandbox.seed({ seed: 'shop', products: 60 });
    goods = await layOut(system.sandbox, system.gatewayUrl, { skus: 4, stock: 12, withinMs: 60_000 });
  }, 180_000);

  afterAll(async () => {
    await system?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('S1 S2 S4 S5 S6 S7: sells each piece once, charges each order once, and leaves nothing half done', async () => {
    const random = randomFrom(seed);
    process.stdout.write(`shop: STEWARD_FAULT_SEED=${seed}, ${buyers} shoppers, kills: ${victims.join(' ')}\n`);
    let served = 0;
    const begun = performance.now();
    const playing = play({ gatewayUrl: system.gatewayUrl, goods, buyers, parallel: 24, doubleClicks: 25, holds: 25, withinMs: 300_000, random: randomFrom(seed + 1), told: (done) => (served = done) });
    const harm = (async () => {
      for (const victim of victims) {
        await system.sandbox.addFault(...oneOf(random, faults)).catch(() => undefined); // it may be down itself
        await system.process(victim).kill();
        const before = served;
        // The next one falls while shoppers are being served again, or when nobody is left.
        await eventually(() => served > before + buyers / 50 || served === buyers, { withinMs: 120_000 });
      }
    })();
    const [bought] = await Promise.all([playing, harm]);
    process.stdout.write(`${told(bought, performance.now() - begun)}\n`);
    await expectBooksToAgree(bought);
    expect(await shelves(system.gatewayUrl, goods, bought, 60_000)).toEqual([]);
  }, 900_000);

  it('S1 S2 S4 S5 S6: serves a shopper once, at the price that was promised, who sends all five times, gives up and asks again while prices move', async () => {
    goods = await layOut(system.sandbox, system.gatewayUrl, { skus: goods.length, stock: piecesForTheImpatient, withinMs: 60_000 });
    const before = await readBooks(system.sandbox);
    const begun = performance.now();
    let served = 0;
    const repricing = await reprice(system.sandbox, goods, 20, randomFrom(seed + 3));
    const playing = play({ gatewayUrl: system.gatewayUrl, goods, buyers: impatientBuyers, parallel: 12, doubleClicks: 100, impatient: 33, withinMs: 120_000, random: randomFrom(seed + 4), told: (done) => (served = done) }).finally(() => repricing.stop());
    await eventually(() => served >= impatientBuyers / 4, { withinMs: 60_000 });
    await system.process('gateway-api').kill();
    const bought = await playing;
    process.stdout.write(`${told(bought, performance.now() - begun)}\n  ${repricing.changes()} prices changed meanwhile\n`);
    await expectBooksToAgree(bought, before);
    expect(await shelves(system.gatewayUrl, goods, bought, 60_000)).toEqual([]);
    // Otherwise nobody has bought across a change.
    const prices = Map.groupBy(bought.filter(({ order }) => order !== undefined), ({ sku }) => sku);
    expect([...prices.values()].some((those) => new Set(those.map(({ promisedUnit }) => promisedUnit)).size > 1)).toBe(true);
  }, 300_000);

  it('I7 S1 S2 S4 S6: takes each order while everything behind the gateway is down for a minute, and decides it when that is back', async () => {
    goods = await layOut(system.sandbox, system.gatewayUrl, { skus: goods.length, stock: piecesMeanwhile, withinMs: 60_000 });
    const before = await readBooks(system.sandbox);
    const random = randomFrom(seed + 2);
    const begun = performance.now();
    // Some are on their way when all falls: half reserved, half paid.
    let served = 0;
    const caught = play({ gatewayUrl: system.gatewayUrl, goods, buyers: 12, parallel: 4, doubleClicks: 25, withinMs: 300_000, random, told: (done) => (served = done) });
    await eventually(() => served >= 4, { withinMs: 60_000 });
    await system.takeDown(behind);
    const down = performance.now();
    const meanwhile: Promise<Bought>[] = [];
    for (let index = 0; index < ordersMeanwhile; index += 1) {
      await eventually(() => performance.now() >= down + (downForMs * index) / (ordersMeanwhile - 1), { withinMs: downForMs * 2 });
      meanwhile.push(decided(await accepted(oneOf(random, goods).sku, `while-all-is-down-${seed}-${index}`)));
    }
    await system.bringBack(behind);
    process.stdout.write(`shop: all is back after ${Math.round((performance.now() - down) / 1_000)} s\n`);
    const bought = [...(await caught), ...(await Promise.all(meanwhile))];
    process.stdout.write(`${told(bought, performance.now() - begun)}\n`);
    await expectBooksToAgree(bought, before);
    expect(new Set(bought.flatMap(({ ids }) => ids)).size).toBe(bought.length);
  }, 600_000);

  /** Sent twice, as by a shopper who can't believe it: one order, one answer, and nothing is claimed but that it was taken. */
  async function accepted(sku: string, key: string): Promise<{ placed: Placed; bought: Bought }> {
    const { promise, shippingPromise, unit } = await preview(system.gatewayUrl, sku, 1);
    const wanted = { key, lines: [{ sku, quantity: 1, promise: promise ?? '' }], shippingPromise, email: 'ada@example.com', card: 'pm_card_visa' };
    const first = await placeOrder(system.gatewayUrl, wanted, 0);
    const again = await placeOrder(system.gatewayUrl, wanted, 0);
    const placed = JSON.parse(first.text) as Placed;
    expect([first.status, placed.order?.status, again.replayed, again.text]).toEqual([202, 'ACCEPTED', true, first.text]);
    expect(await readOrder(system.gatewayUrl, placed.order.id, placed.orderToken)).toMatchObject({ id: placed.order.id, status: 'ACCEPTED' });
    return { placed, bought: { key, sku, order: placed.order, refused: undefined, promisedUnit: unit, ids: [placed.order.id], answers: 1, tookMs: 0, doneAt: Date.now() } };
  }

  async function decided({ placed: { order, orderToken }, bought }: { placed: Placed; bought: Bought }): Promise<Bought> {
    const begun = performance.now();
    const shown = await eventually(async () => {
      const read = await readOrder(system.gatewayUrl, order.id, orderToken);
      return read.status !== 'ACCEPTED' && read;
    }, { withinMs: 300_000, everyMs: 500 });
    return { ...bought, order: shown, tookMs: performance.now() - begun, doneAt: Date.now() };
  }

  async function expectBooksToAgree(bought: readonly Bought[], before?: Books): Promise<void> {
    const books = await readBooks(system.sandbox);
    const wrong = violations(bought, goods, before === undefined ? books : since(before, books));
    const concerned = bought.flatMap(({ order }) => (order !== undefined && wrong.some((line) => line.includes(order.number)) ? order.id : []));
    if (wrong.length > 0) process.stderr.write(`${await wayOfOrders(system, concerned)}\n`);
    expect(wrong).toEqual([]);
  }
});
