// What voids a run: an order that was turned away, lost or doubled, and stock that did not fall by what was sold.
import { type Bought, type Goods, readBooks, shelves, type System, violations } from '@steward/start';

const SHOWN_WITHIN_MS = 60_000;

/** Sentences that say what is wrong. Everybody is sold something here, so whoever was not is one of them. */
export async function faultsOf({ gatewayUrl, sandbox }: System, goods: readonly Goods[], bought: readonly Bought[]): Promise<string[]> {
  const unsold = bought.filter(({ order }) => order?.status !== 'CONFIRMED');
  return [
    ...unsold.map(({ key, order, refused }) => `purchase ${key} became ${order?.status ?? `no order: ${refused?.status} ${refused?.text.slice(0, 200)}`}`),
    ...violations(bought, goods, await readBooks(sandbox)),
    ...(await shelves(gatewayUrl, goods, bought, SHOWN_WITHIN_MS)),
  ];
}
