// npm run smoke: the main job once, from outside, on free ports and throw-away data.
import { rmSync } from 'node:fs';
import { readProduct, skuOf } from './clients/gateway.client';
import { seed } from './seed';
import { freePortPlan } from './system/ports';
import { scratchFolder } from './system/scratch-folder';
import { startSystem, type System } from './system/system';

/** Not a performance figure but a sign of life: times are printed, only this fails (T4). */
const GATE_MS = 10_000;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function timed(name: string, change: () => Promise<void>, visible: () => Promise<boolean>): Promise<boolean> {
  const begun = performance.now();
  await change();
  for (;;) {
    const ms = performance.now() - begun;
    if (await visible()) {
      say(`  ${name.padEnd(34)}${Math.round(performance.now() - begun).toString().padStart(6)} ms`);
      return true;
    }
    if (ms > GATE_MS) {
      say(`  ${name.padEnd(34)} not within ${GATE_MS / 1000} s`);
      return false;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function changes(system: System, productId: string, stockId: string): Promise<boolean> {
  const { sandbox, gatewayUrl } = system;
  const rename = (title: string, query: string) =>
    timed(
      `product ${query === '' ? 'with webhook' : 'without webhook (poll)'}`,
      async () => {
        const record = await sandbox.get('pim/products', productId);
        if (record === undefined) throw new Error(`the sandbox lost ${productId}`);
        const labels = record['labels'] as Record<string, object>;
        await sandbox.put('pim/products', { ...record, labels: { ...labels, en: { ...labels['en'], title } } }, query);
      },
      async () => (await readProduct(gatewayUrl, productId))?.name === title,
    );
  const restock = async (by: number, query: string): Promise<boolean> => {
    const record = await sandbox.get('erp/stock', stockId);
    if (record === undefined) throw new Error(`the sandbox lost ${stockId}`);
    const sku = String(record['item']);
    const shown = async (): Promise<number | null> => {
      const product = await readProduct(gatewayUrl, sku);
      return product === undefined ? null : skuOf(product, sku).availability.quantity;
    };
    const before = (await shown()) ?? 0;
    // Far above any safety stock, so that every piece counts as sellable.
    return timed(
      `stock ${query === '' ? 'with webhook' : 'without webhook (poll)'}`,
      () => sandbox.put('erp/stock', { ...record, quantity: Number(record['quantity']) + by }, query),
      async () => ((await shown()) ?? 0) > before,
    );
  };
  const reprice = async (): Promise<boolean> => {
    const sku = stockId.slice(0, stockId.lastIndexOf('@'));
    const record = await sandbox.get('pricing/prices', `EU-${sku}`);
    if (record === undefined) throw new Error(`the sandbox has no price of ${sku}`);
    const amount = (Number(record['amount']) + 1).toFixed(2);
    return timed('price', () => sandbox.put('pricing/prices', { ...record, amount }), async () => {
      const product = await readProduct(gatewayUrl, sku);
      return product !== undefined && skuOf(product, sku).price.value?.amount === amount;
    });
  };
  const renameCategory = async (): Promise<boolean> => {
    const crumb = (await readProduct(gatewayUrl, productId))?.breadcrumbs[0];
    const record = crumb === undefined ? undefined : await sandbox.get('pim/categories', crumb.id);
    if (record === undefined) throw new Error(`${productId} stands in no category`);
    const labels = record['labels'] as Record<string, object>;
    const title = 'Smoke department';
    return timed('category', () => sandbox.put('pim/categories', { ...record, labels: { ...labels, en: { ...labels['en'], title } } }), async () => (await readProduct(gatewayUrl, productId))?.breadcrumbs[0]?.name === title);
  };
  const results = [
    await rename('Smoke, first', ''),
    await restock(1_000, ''),
    await reprice(),
    await renameCategory(),
    await rename('Smoke, second', 'webhook=lose'),
    await restock(2_000, 'webhook=lose'),
  ];
  return results.every(Boolean);
}

async function main(): Promise<boolean> {
  const dataDir = scratchFolder('smoke');
  const begun = Date.now();
  let system: System | undefined;
  let passed = false;
  const stop = async (): Promise<void> => {
    await system?.stop();
    if (!passed) return say(`logs are kept in ${dataDir}/logs`);
    rmSync(dataDir, { recursive: true, force: true });
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void stop().finally(() => process.exit(130)));
  try {
    system = await startSystem({ dataDir, ports: await freePortPlan(), note: say });
    const seeded = await seed(system, { products: 60, note: say, withinMs: 60_000 });
    say(`ready after ${((Date.now() - begun) / 1000).toFixed(1)} s; from the change in the system of record until the storefront shows it:`);
    const productId = seeded.products[0];
    if (productId === undefined) throw new Error('the seeded catalogue is empty');
    passed = await changes(system, productId, seeded.example.id);
    return passed;
  } finally {
    await stop();
  }
}

main().then(
  (passed) => {
    say(passed ? 'smoke: passed' : `smoke: failed, something was not visible within ${GATE_MS / 1000} s`);
    process.exit(passed ? 0 : 1);
  },
  (fault: Error) => {
    process.stderr.write(`smoke: failed: ${fault.stack ?? fault.message}\n`);
    process.exit(1);
  },
);
