import { readProduct } from './clients/gateway.client';
import type { System } from './system/system';

export interface Seeded {
  readonly products: readonly string[];
  readonly stock: readonly string[];
}

/** Fills an empty sandbox with the deterministic catalogue, and waits until the storefront has all of it. */
export async function seed(system: System, options: { products: number; note: (line: string) => void; withinMs: number; signal?: AbortSignal }): Promise<Seeded> {
  const { sandbox } = system;
  await sandbox.seed({ seed: 'steward', products: options.products, onlyIfEmpty: true });
  const [products, stock] = await Promise.all([sandbox.list('pim/products'), sandbox.list('erp/stock')]);
  // Drafts are never shown, and somebody may have edited the catalogue since: only what is published is waited for.
  const published = products.items.filter((record) => record['state'] === 'published').map(({ id }) => id);
  const waiting = new Set(published);
  const deadline = Date.now() + options.withinMs;
  let told = Date.now();
  while (waiting.size > 0) {
    options.signal?.throwIfAborted();
    for (const id of [...waiting].slice(0, 50)) {
      if ((await readProduct(system.gatewayUrl, id)) === undefined) break;
      waiting.delete(id);
    }
    if (Date.now() - told > 2_000) {
      told = Date.now();
      options.note(`${published.length - waiting.size} of ${published.length} products are in the storefront`);
    }
    if (Date.now() > deadline) throw new Error(`only ${published.length - waiting.size} of ${published.length} products reached the storefront; see ${system.dataDir}/logs`);
    if (waiting.size > 0) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  options.note(`${published.length} products are in the storefront`);
  return { products: published, stock: stock.items.map(({ id }) => id) };
}
