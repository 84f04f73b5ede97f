// One slice of shoppers: what they have in their carts, and what becomes of it once they order.
import { randomUUID } from 'node:crypto';
import { type Bought, type Goods, orderBody, type Placed, preview } from '@steward/start';
import type { OrderClient } from './orders.client';

const DECIDED_WITHIN_MS = 60_000;
const PREVIEWS_AT_ONCE = 8;

export interface Wanted {
  readonly key: string;
  readonly sku: string;
  readonly unit: number;
  readonly body: string;
}

/** What shoppers of one slice have in their carts, at prices that are promised. */
export async function fillCarts(gatewayUrl: string, goods: readonly Goods[], count: number): Promise<Wanted[]> {
  const wanted: Wanted[] = [];
  let next = 0;
  const look = async (): Promise<void> => {
    while (next < count) {
      const { sku } = goods[next % goods.length] as Goods;
      next += 1;
      const { promise, shippingPromise, unit } = await preview(gatewayUrl, sku, 1);
      if (promise === null) throw new Error(`the storefront promises no price of ${sku}`);
      const key = randomUUID();
      const body = JSON.stringify(orderBody({ lines: [{ sku, quantity: 1, promise }], shippingPromise, email: `${key}@example.com`, card: 'pm_card_visa' }));
      wanted.push({ key, sku, unit, body });
    }
  };
  await Promise.all(Array.from({ length: PREVIEWS_AT_ONCE }, look));
  return wanted;
}

export interface Visit {
  readonly answeredMs: number;
  /** `tookMs` is infinite where it was not confirmed. */
  readonly bought: Bought;
}

/** Times are from the moment at which the order was due. */
export async function visit(orders: OrderClient, { key, sku, unit, body }: Wanted, dueAt: number): Promise<Visit> {
  const { status, text } = await orders.place(key, body);
  const answeredMs = performance.now() - dueAt;
  const told = (order: Bought['order'], ids: readonly string[], tookMs: number): Bought => ({ key, sku, order, refused: order === undefined ? { status, replayed: false, text } : undefined, promisedUnit: unit, ids, answers: 1, tookMs, doneAt: Date.now() });
  if (status !== 201 && status !== 202) return { answeredMs, bought: told(undefined, [], Number.POSITIVE_INFINITY) };
  const placed = JSON.parse(text) as Placed;
  const order = placed.order.status === 'ACCEPTED' ? await orders.decided(placed, DECIDED_WITHIN_MS) : placed.order;
  return { answeredMs, bought: told(order, [placed.order.id], order.status === 'CONFIRMED' ? performance.now() - dueAt : Number.POSITIVE_INFINITY) };
}
