import { type ListedProduct, listProductIds, listProducts } from './clients/gateway.client';
import type { SandboxRecord } from './clients/sandbox.client';
import type { System } from './system/system';

export interface Seeded {
  readonly products: readonly string[];
  readonly stock: readonly string[];
  readonly prices: readonly string[];
  /** A stock record of the first product, to show what can be tried. */
  readonly example: SandboxRecord;
}

interface SeedOptions {
  readonly products: number;
  readonly note: (line: string) => void;
  readonly withinMs: number;
  readonly signal?: AbortSignal;
  /** false where the storefront's products come from another PIM. */
  readonly shown?: boolean;
}

/** Fills an empty sandbox with the deterministic catalogue, and waits until the storefront has all of it. */
export async function seed(system: System, options: SeedOptions): Promise<Seeded> {
  const { sandbox } = system;
  await sandbox.seed({ seed: 'steward', products: options.products, onlyIfEmpty: true });
  const [products, stock, prices] = await Promise.all([sandbox.list('pim/products'), sandbox.list('erp/stock'), sandbox.list('pricing/prices')]);
  // Drafts are never shown, and somebody may have edited the catalogue since: only what is published is waited for.
  const published = products.items.filter((record) => record['state'] === 'published').map(({ id }) => id);
  if (options.shown ?? true) await untilShown(system, published, options);
  const example = stock.items.find(({ id }) => published.some((product) => id.startsWith(product)));
  if (example === undefined) throw new Error('the sandbox holds no published product with stock: start with --reset');
  return { products: published, stock: stock.items.map(({ id }) => id), prices: prices.items.map(({ id }) => id), example };
}

async function untilShown(system: System, published: readonly string[], { note, withinMs, signal }: SeedOptions): Promise<void> {
  const deadline = Date.now() + withinMs;
  for (let told = Date.now(); ; ) {
    signal?.throwIfAborted();
    const shown = await listProductIds(system.gatewayUrl);
    const there = published.filter((id) => shown.has(id)).length;
    if (there === published.length) break;
    if (Date.now() > deadline) throw new Error(`only ${there} of ${published.length} products reached the storefront; see ${system.dataDir}/logs`);
    if (Date.now() - told > 2_000) {
      told = Date.now();
      note(`${there} of ${published.length} products are in the storefront`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  note(`${published.length} products are in the storefront`);
}

const everydayInEurope = ({ region, group, fromQuantity, starts }: SandboxRecord): boolean => region === 'EU' && group === null && fromQuantity === 1 && starts === null;

/** A product without variants is its own SKU. */
const skusOf = ({ id, price, variants }: ListedProduct): ListedProduct['variants'] => (variants.length > 0 ? variants : [{ sku: id, price }]);

/**
 * Waits until what is listed has its prices: they come after the products, and a change made before them waits behind them. Whoever took a
 * price away or has one held by the guard starts all the same: what is missing after `withinMs` is said, and no fault.
 */
export async function untilPriced(system: System, { note, withinMs, signal }: Omit<SeedOptions, 'products'>): Promise<void> {
  const priced = new Set((await system.sandbox.list('pricing/prices')).items.filter(everydayInEurope).map(({ article }) => article));
  for (const deadline = Date.now() + withinMs; ; ) {
    signal?.throwIfAborted();
    const skus = (await listProducts(system.gatewayUrl)).flatMap(skusOf).filter(({ sku }) => priced.has(sku));
    const missing = skus.filter(({ price }) => price.value === null).length;
    if (missing === 0 || Date.now() > deadline) return note(missing === 0 ? 'prices are in the storefront' : `${missing} of ${skus.length} prices are not in the storefront yet`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
