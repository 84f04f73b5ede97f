/** I7 and R1: what the storefront and the systems of record feel of an outage. */
import { rmSync } from 'node:fs';
import { eventually } from '@steward/testing';
import { readProduct } from '../clients/gateway.client';
import { freePortPlan, type ProcessName } from '../system/ports';
import { scratchFolder } from '../system/scratch-folder';
import { startSystem, type System } from '../system/system';

describe('an outage behind the gateway', () => {
  const dataDir = scratchFolder('outage');
  let system: System;
  let products: string[];

  beforeAll(async () => {
    system = await startSystem({ dataDir, ports: await freePortPlan(), durable: false, mode: 'test', supervised: false });
    await system.sandbox.seed({ seed: 'outage', products: 40 });
    products = (await system.sandbox.list('pim/products')).items.filter((record) => record['state'] === 'published').map(({ id }) => id);
    await eventually(async () => (await statuses()).every((status) => status === 200), { withinMs: 60_000 });
  }, 120_000);

  afterAll(async () => {
    await system?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const get = (path: string): Promise<Response> => fetch(`${system.gatewayUrl}${path}`, { signal: AbortSignal.timeout(5_000) });

  async function statuses(): Promise<number[]> {
    const answers = await Promise.all([...products.map((id) => get(`/v1/products/${encodeURIComponent(id)}`)), get('/v1/products?first=50')]);
    return Promise.all(answers.map(async (answer) => (await answer.arrayBuffer(), answer.status)));
  }

  it('R1: systems of record that are down are called at most 1.1·N + bucket times, and the storefront has no errors', async () => {
    const bucket = 10;
    for (const name of ['pim', 'erp', 'pricing'] as const) {
      await system.sandbox.addFault(name, { kind: 'error', status: 503 });
      await system.sandbox.resetCalls(name);
    }
    const until = Date.now() + 10_000;
    const seen = new Set<number>();
    while (Date.now() < until) for (const status of await statuses()) seen.add(status);
    expect([...seen]).toEqual([200]);
    for (const name of ['pim', 'erp', 'pricing'] as const) {
      const { total, firstAttempts } = await system.sandbox.calls(name);
      expect(firstAttempts).toBeGreaterThan(0);
      expect(total).toBeLessThanOrEqual(1.1 * firstAttempts + bucket);
      await system.sandbox.clearFaults(name);
    }
  }, 60_000);

  it('I7: with every other process killed, PostgreSQL last, reads go on and say how old they are', async () => {
    await statuses();
    const behind: ProcessName[] = ['sandbox', 'pim', 'erp', 'pricing', 'operations', 'gateway-projector', 'nats-server'];
    await Promise.all(behind.map((name) => system.process(name).kill()));
    expect(new Set(await statuses())).toEqual(new Set([200]));
    const [id] = products;
    const shown = await readProduct(system.gatewayUrl, String(id));
    expect(Date.parse(String(shown?.availability.asOf))).toBeLessThanOrEqual(Date.now());

    await system.process('postgres').kill();
    const single = await Promise.all(products.map((each) => get(`/v1/products/${encodeURIComponent(each)}`)));
    expect(new Set(single.map(({ status }) => status))).toEqual(new Set([200]));
    expect((await fetch(`${system.gatewayUrl}/livez`)).status).toBe(200);
  }, 60_000);
});
