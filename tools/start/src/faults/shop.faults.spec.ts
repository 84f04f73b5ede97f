/**
 * S1 S2 S4 S5 S6 S7: more shoppers than goods, while processes are killed with -9 and every system of record misbehaves. Afterwards the
 * books of the OMS, the ERP and the payment provider agree with what each shopper was told, nothing is oversold, and the shelf is empty.
 */
import { rmSync } from 'node:fs';
import { eventually } from '@steward/testing';
import type { SandboxSystem } from '../clients/sandbox.client';
import { oneOf, randomFrom } from '../random';
import { readBooks, violations } from '../shop/books';
import { play } from '../shop/buyers';
import { layOut, shownQuantity, type Goods } from '../shop/goods';
import { told } from '../shop/report';
import { freePortPlan, type ProcessName } from '../system/ports';
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
    const playing = play({ gatewayUrl: system.gatewayUrl, goods, buyers, parallel: 24, doubleClicks: 25, withinMs: 300_000, random: randomFrom(seed + 1), told: (done) => (served = done) });
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
    const wrong = violations(bought, goods, await readBooks(system.sandbox));
    const concerned = bought.flatMap(({ order }) => (order !== undefined && wrong.some((line) => line.includes(order.number)) ? order.id : []));
    if (wrong.length > 0) process.stderr.write(`${await wayOfOrders(system, concerned)}\n`);
    expect(wrong).toEqual([]);
    for (const { sku } of goods) {
      const sold = bought.filter(({ order, ...each }) => each.sku === sku && order?.status === 'CONFIRMED').length;
      await eventually(async () => (await shownQuantity(system.gatewayUrl, sku)) === 12 - sold, { withinMs: 60_000 });
    }
  }, 900_000);
});
