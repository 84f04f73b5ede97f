// What is on offer in a play: a few SKUs with little stock, so that most who want one come too late.
import { readProduct, skuOf } from '../clients/gateway.client';
import type { SandboxControl } from '../clients/sandbox.client';
import { preview } from '../clients/shopper.client';

export interface Goods {
  readonly sku: string;
  /** Pieces that may be sold. */
  readonly stock: number;
}

/** Sets the stock of so many SKUs that have a price, and waits until the storefront offers just that at a price. */
export async function layOut(sandbox: SandboxControl, gatewayUrl: string, options: { skus: number; stock: number; withinMs: number }): Promise<Goods[]> {
  const records = (await sandbox.list('erp/stock')).items;
  const bySku = Map.groupBy(records, ({ item }) => String(item));
  const prices = new Set((await sandbox.list('pricing/prices')).items.filter(({ region }) => region === 'EU').map(({ article }) => String(article)));
  const chosen = [...bySku].filter(([sku]) => prices.has(sku)).slice(0, options.skus);
  if (chosen.length < options.skus) throw new Error(`${chosen.length} SKUs have stock and a price, ${options.skus} are wanted: seed a larger catalogue`);
  const laidOut = await Promise.all(
    chosen.map(async ([sku, places]) => {
      const onHand = places.reduce((sum, { quantity, buffer }) => sum + Math.max(0, Number(quantity) - Number(buffer)), 0);
      // Pieces that earlier orders hold until they are shipped.
      const held = onHand - ((await shownQuantity(gatewayUrl, sku)) ?? onHand);
      // All in the first warehouse: what is left over elsewhere would be sold too.
      return places.map((record, index) => ({ ...record, buffer: 0, orderable: false, quantity: index === 0 ? options.stock + held : 0 }));
    }),
  );
  await sandbox.putAll('erp/stock', laidOut.flat());
  const deadline = Date.now() + options.withinMs;
  for (const [sku] of chosen) {
    for (;;) {
      const shown = await shownQuantity(gatewayUrl, sku);
      const priced = (await preview(gatewayUrl, sku, 1)).unit > 0;
      if (shown === options.stock && priced) break;
      if (Date.now() > deadline) throw new Error(priced ? `the storefront shows ${shown} pieces of ${sku} instead of ${options.stock}: its earlier orders are still moving, or its stock is` : `the storefront has no price of ${sku}`);
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
