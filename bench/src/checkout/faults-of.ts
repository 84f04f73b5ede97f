// What voids a run: an order that was turned away, lost or doubled, and stock that did not fall by what was sold.
import { setTimeout as pause } from 'node:timers/promises';
import { type Bought, type Goods, readBooks, shownQuantity, type System, violations } from '@steward/start';

const SHOWN_WITHIN_MS = 60_000;

/** Sentences that say what is wrong. Everybody is sold something here, so whoever was not is one of them. */
export async function faultsOf({ gatewayUrl, sandbox }: System, goods: readonly Goods[], bought: readonly Bought[]): Promise<string[]> {
  const unsold = bought.filter(({ order }) => order?.status !== 'CONFIRMED');
  return [
    ...unsold.map(({ key, order, refused }) => `purchase ${key} became ${order?.status ?? `no order: ${refused?.status} ${refused?.text.slice(0, 200)}`}`),
    ...violations(bought, goods, await readBooks(sandbox)),
    ...(await Promise.all(goods.map((each) => stockOf(gatewayUrl, each, bought)))).flat(),
  ];
}

/** Waits, since news of stock comes after that of orders. */
async function stockOf(gatewayUrl: string, { sku, stock }: Goods, bought: readonly Bought[]): Promise<string[]> {
  const right = stock - bought.filter((each) => each.sku === sku && each.order?.status === 'CONFIRMED').length;
  const until = performance.now() + SHOWN_WITHIN_MS;
  for (;;) {
    const shown = await shownQuantity(gatewayUrl, sku);
    if (shown === right) return [];
    if (performance.now() > until) return [`the storefront shows ${shown} pieces of ${sku} and there are ${right}`];
    await pause(250);
  }
}
