// Prices that move while shoppers have promises in hand: by a cent, so that no guard holds them back (X6).
import { oneOf } from '@steward/platform';
import type { SandboxControl, SandboxRecord } from '../clients/sandbox.client';
import type { Goods } from './goods';

export interface Repricing {
  /** Changes that the price list has taken. */
  readonly changes: () => number;
  readonly stop: () => Promise<void>;
}

/** Changes the price of one of the goods so many times a second. */
export async function reprice(sandbox: SandboxControl, goods: readonly Goods[], perSecond: number, random: () => number): Promise<Repricing> {
  const skus = new Set(goods.map(({ sku }) => sku));
  const records = (await sandbox.list('pricing/prices')).items.filter(({ article, region }) => region === 'EU' && skus.has(String(article)));
  let changes = 0;
  let stopped = false;
  const change = async (): Promise<void> => {
    const record: SandboxRecord = oneOf(random, records);
    const cents = Math.round(Number(record['amount']) * 100) + Math.floor(random() * 3) - 1;
    // The sandbox may be down: then this change was none.
    await sandbox.put('pricing/prices', { ...record, amount: (cents / 100).toFixed(2) }).then(() => (changes += 1), () => undefined);
  };
  const running = (async () => {
    while (!stopped) {
      await Promise.all([change(), new Promise((resolve) => setTimeout(resolve, 1_000 / perSecond))]);
    }
  })();
  return {
    changes: () => changes,
    stop: async () => {
      stopped = true;
      await running;
    },
  };
}
