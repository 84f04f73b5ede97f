/** What a shopper sees of an order, and what the sandbox's systems have of it. */
import { randomUUID } from 'node:crypto';
import { readProduct, skuOf, type System } from '@steward/start';
import { until } from './proof';

export interface Cart {
  /** Where it is sent to, which is also whose prices it has. */
  readonly country: string;
  readonly market: 'eu' | 'us';
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[];
}

export interface Bought {
  readonly id: string;
  readonly number: string;
  /** Lets a guest see the order. */
  readonly token: string;
}

interface Shown {
  readonly status: 'ACCEPTED' | 'CONFIRMED' | 'REJECTED' | 'CANCELLED' | 'COMPLETED';
  readonly rejection: { readonly code: string } | null;
  readonly lines: readonly { readonly sku: string; readonly quantity: number; readonly unit: Amount }[];
  readonly totals: { readonly gross: Amount };
  readonly fulfilment: { readonly status: string };
}
interface Amount {
  readonly minorUnits: string;
}

export interface ShopperSide {
  buy(cart: Cart): Promise<Bought>;
  see(order: Bought): Promise<Shown>;
  cancel(order: Bought): Promise<void>;
  /** Waits until the order has come to this end; answers how long that took. */
  ends(order: Bought, end: Shown['status']): Promise<number>;
  /** Money held or taken for the order, in minor units. */
  money(order: Bought): Promise<number>;
  /** Whether the ERP has a sale of it that stands. */
  isSold(order: Bought): Promise<boolean>;
}

const email = 'erika@example.com';

export function shopperSide({ gatewayUrl, sandbox }: System): ShopperSide {
  const post = async <T>(path: string, body: unknown, headers: Readonly<Record<string, string>>): Promise<T> => {
    const answer = await fetch(`${gatewayUrl}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`POST ${path}: ${answer.status} ${text.slice(0, 400)}`);
    return JSON.parse(text) as T;
  };
  const see = async ({ id, token }: Bought): Promise<Shown> => {
    const answer = await fetch(`${gatewayUrl}/v1/orders/${id}`, { headers: { 'steward-order-token': token } });
    if (!answer.ok) throw new Error(`GET /v1/orders/${id}: ${answer.status}`);
    return (await answer.json()) as Shown;
  };
  return {
    see,
    buy: async ({ market, country, lines }) => {
      const context = { 'steward-market': market };
      const priced = await post<{ lines: { promise: string }[]; shipping: { promise: string } | null }>('/v1/price-preview', { lines }, context);
      const body = {
        email,
        shippingAddress: { name: 'Erika Muster', street: 'Deichstr. 7', postalCode: '20459', city: 'Hafen', country },
        lines: lines.map((line, index) => ({ ...line, promise: priced.lines[index]?.promise })),
        ...(priced.shipping === null ? {} : { shippingPromise: priced.shipping.promise }),
        payment: { method: 'card', token: 'pm_card_visa' },
      };
      const { order, orderToken } = await post<{ order: { id: string; number: string }; orderToken: string }>('/v1/orders', body, { ...context, 'idempotency-key': randomUUID(), prefer: 'wait=0' });
      return { id: order.id, number: order.number, token: orderToken };
    },
    cancel: async ({ id, token }) => void (await post(`/v1/orders/${id}/cancel`, {}, { 'steward-order-token': token, prefer: 'wait=0' })),
    ends: (order, end) =>
      until(`${order.number} is ${end}`, async () => {
        const { status, rejection } = await see(order);
        if (status === 'REJECTED' && status !== end) throw new Error(`${order.number} was rejected: ${rejection?.code}`);
        return status === end;
      }),
    money: async ({ id }) => (await sandbox.charges()).filter(({ metadata }) => metadata['orderId'] === id).reduce((sum, { capturable, captured, refunded }) => sum + capturable + captured - refunded, 0),
    isSold: async ({ number }) => (await sandbox.list('erp/sales', { limit: 1_000 })).items.some(({ reference, state }) => reference === number && state !== 'cancelled'),
  };
}

/** SKUs with a price in both markets and plenty of stock that the storefront shows. */
export async function stockUp({ sandbox, gatewayUrl }: System, count: number): Promise<string[]> {
  const plenty = 5_000;
  const prices = (await sandbox.list('pricing/prices', { limit: 1_000 })).items;
  const pricedIn = (region: string): Set<string> => new Set(prices.filter((price) => price['region'] === region).map(({ article }) => String(article)));
  const [eu, us] = [pricedIn('EU'), pricedIn('US')];
  const places = Map.groupBy((await sandbox.list('erp/stock', { limit: 1_000 })).items, ({ item }) => String(item));
  const chosen = [...places].filter(([sku]) => eu.has(sku) && us.has(sku)).slice(0, count);
  if (chosen.length < count) throw new Error(`${chosen.length} SKUs have stock and prices`);
  await sandbox.putAll('erp/stock', chosen.flatMap(([, records]) => records.map((record, index) => ({ ...record, buffer: 0, orderable: false, quantity: index === 0 ? plenty : 0 }))));
  for (const [sku] of chosen) {
    await until(`the storefront shows the stock of ${sku}`, async () => {
      const product = await readProduct(gatewayUrl, sku);
      return product !== undefined && skuOf(product, sku).availability.quantity === plenty;
    });
  }
  return chosen.map(([sku]) => sku);
}
