/** I7: what the storefront feels of an outage. What the systems of record feel of theirs: faults/outage.faults.spec.ts. */
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
    system = await startSystem({ dataDir, ports: await freePortPlan(), durable: false, mode: 'test', supervised: false, without: ['crm', 'oms', 'reconciliation'] });
    await system.sandbox.seed({ seed: 'outage', products: 40 });
    products = (await system.sandbox.list('pim/products')).items.filter((record) => record['state'] === 'published').map(({ id }) => id);
    await eventually(async () => (await statuses()).every((status) => status === 200), { withinMs: 60_000 });
    // A product is shown before its stock is known.
    await eventually(async () => (await readProduct(system.gatewayUrl, String(products[0])))?.availability.asOf != null, { withinMs: 60_000 });
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
