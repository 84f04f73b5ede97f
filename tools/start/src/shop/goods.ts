// What is on offer in a play: a few SKUs with little stock, so that most who want one come too late.
import { readProduct, skuOf } from '../clients/gateway.client';
import type { SandboxControl } from '../clients/sandbox.client';

export interface Goods {
  readonly sku: string;
  /** Pieces that may be sold. */
  readonly stock: number;
}

/** Sets the stock of so many SKUs that have a price, and waits until the storefront shows it. */
export async function layOut(sandbox: SandboxControl, gatewayUrl: string, options: { skus: number; stock: number; withinMs: number }): Promise<Goods[]> {
  const records = (await sandbox.list('erp/stock')).items;
  const bySku = Map.groupBy(records, ({ item }) => String(item));
  const prices = new Set((await sandbox.list('pricing/prices')).items.filter(({ region }) => region === 'EU').map(({ article }) => String(article)));
  const chosen = [...bySku].filter(([sku]) => prices.has(sku)).slice(0, options.skus);
  if (chosen.length < options.skus) throw new Error(`${chosen.length} SKUs have stock and a price, ${options.skus} are wanted: seed a larger catalogue`);
  // All in the first warehouse: what is left over elsewhere would be sold too.
  await sandbox.putAll('erp/stock', chosen.flatMap(([, places]) => places.map((record, index) => ({ ...record, buffer: 0, orderable: false, quantity: index === 0 ? options.stock : 0 }))));
  const deadline = Date.now() + options.withinMs;
  for (const [sku] of chosen) {
    while ((await shownQuantity(gatewayUrl, sku)) !== options.stock) {
      if (Date.now() > deadline) throw new Error(`the storefront does not show ${options.stock} pieces of ${sku}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  return chosen.map(([sku]) => ({ sku, stock: options.stock }));
}

/** Pieces that the storefront promises. */
export async function shownQuantity(gatewayUrl: string, sku: string): Promise<number | null> {
  const product = await readProduct(gatewayUrl, sku);
  return product === undefined ? null : skuOf(product, sku).availability.quantity;
}
