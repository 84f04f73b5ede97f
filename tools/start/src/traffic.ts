// Gentle life in the systems of record, so that a newcomer sees changes arrive: about one stock movement per second, and an edited
// product or another price now and then.
import type { SandboxControl, SandboxRecord } from './clients/sandbox.client';

const STOCK_EVERY_MS = 1_000;
const EDIT_EVERY = 5;
const REPRICE_EVERY = 7;

const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(Math.random() * items.length)];

/** Sells some, and brings a delivery when the shelf is empty. */
function moved(stock: SandboxRecord): SandboxRecord {
  const quantity = Number(stock['quantity']);
  return { ...stock, quantity: quantity <= 2 ? quantity + 20 + Math.floor(Math.random() * 30) : quantity - 1 - Math.floor(Math.random() * Math.min(3, quantity)) };
}

/** A product of the week comes and goes with its mark in the English title. */
function edited(product: SandboxRecord): SandboxRecord {
  const labels = product['labels'] as Record<string, { title: string }>;
  const label = labels['en'];
  if (label === undefined) return product;
  const mark = ' (new look)';
  const title = label.title.endsWith(mark) ? label.title.slice(0, -mark.length) : `${label.title}${mark}`;
  return { ...product, labels: { ...labels, en: { ...label, title } } };
}

/** A cent more, and back: enough to be seen. */
function repriced(price: SandboxRecord): SandboxRecord {
  const cents = Math.round(Number(price['amount']) * 100);
  const other = cents % 5 === 0 ? cents + 1 : cents - 1;
  return { ...price, amount: (other / 100).toFixed(2) };
}

const lives = { 'pim/products': edited, 'erp/stock': moved, 'pricing/prices': repriced } as const;

/** Runs until the returned function is called, which resolves after the last change. */
export function startTraffic(sandbox: SandboxControl, ids: { products: readonly string[]; stock: readonly string[]; prices: readonly string[] }, complain: (line: string) => void): () => Promise<void> {
  let running = true;
  let turn = 0;
  let wake: () => void = () => undefined;
  const change = async (): Promise<void> => {
    turn += 1;
    const [collection, known] =
      turn % EDIT_EVERY === 0 ? (['pim/products', ids.products] as const) : turn % REPRICE_EVERY === 0 ? (['pricing/prices', ids.prices] as const) : (['erp/stock', ids.stock] as const);
    const id = pick(known);
    const record = id === undefined ? undefined : await sandbox.get(collection, id);
    // Somebody trying things out may have deleted it.
    if (record !== undefined) await sandbox.put(collection, lives[collection](record));
  };
  const loop = async (): Promise<void> => {
    let complained = false;
    while (running) {
      try {
        await change();
        complained = false;
      } catch (fault) {
        if (!complained && running) complain(`live traffic: ${(fault as Error).message}`);
        complained = true;
      }
      if (running) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, STOCK_EVERY_MS);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    }
  };
  const done = loop();
  return () => {
    running = false;
    wake();
    return done;
  };
}
