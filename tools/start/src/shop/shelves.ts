// After the play: what the storefront offers is what is left, so nothing is held for a cart or an order that has come to its end.
import { isSold } from './books';
import type { Bought } from './buyers';
import { insist, readUntil } from './clicks';
import { shownQuantity, type Goods } from './goods';

/** Sentences that say what is wrong. Waits, since news of stock comes after that of orders and holds. */
export async function shelves(gatewayUrl: string, goods: readonly Goods[], bought: readonly Bought[], withinMs: number): Promise<string[]> {
  const deadline = Date.now() + withinMs;
  const ofGoods = async ({ sku, stock }: Goods): Promise<string[]> => {
    const left = stock - bought.filter((each) => each.sku === sku && isSold(each)).length;
    const look = (): Promise<number | null> => shownQuantity(gatewayUrl, sku);
    const shown = await readUntil(deadline, await insist(deadline, look), (quantity) => quantity === left, look);
    return shown === left ? [] : [`the storefront shows ${shown} pieces of ${sku} and there are ${left}`];
  };
  return (await Promise.all(goods.map(ofGoods))).flat();
}
