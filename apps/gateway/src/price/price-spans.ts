/**
 * The lowest price of a product over time, so that lists can be sorted by price without selecting it for each product of the shop.
 * Selected by the same rule as the price on the page, at each instant at which it may change (C11).
 */
import type { PoolClient } from 'pg';
import { selectPrice } from '@steward/commerce';
import { together } from '@steward/platform';
import type { SkuPrices } from './price.store';

export interface PriceSpan {
  market: string;
  currency: string;
  customerGroup: string;
  /** Epoch ms; ∓Infinity without a beginning or an end. */
  from: number;
  to: number;
  amount: number;
}

/** Spans of each market, currency and group that an entry names. A group that none names has the spans of `public`. */
export function spansOf(skus: readonly SkuPrices[]): PriceSpan[] {
  const entries = skus.map((sku) => sku.entries.map(({ data }) => data));
  const shoppers = new Map<string, { market: string; currency: string; customerGroup: string }>();
  for (const { market, currency, customerGroup } of entries.flat())
    for (const group of [customerGroup, 'public']) shoppers.set(`${market} ${currency} ${group}`, { market, currency, customerGroup: group });
  return [...shoppers.values()].flatMap((shopper) => {
    const spans: PriceSpan[] = [];
    for (const [from, to] of intervals(entries.flat().filter(({ market, currency }) => market === shopper.market && currency === shopper.currency))) {
      const at = from === -Infinity ? to - 1 : from;
      const amounts = entries.flatMap((sku) => {
        const selected = selectPrice(sku, { ...shopper, quantity: 1, at: Number.isFinite(at) ? at : 0 });
        return selected.found ? [selected.price.amount] : [];
      });
      if (amounts.length === 0) continue;
      const amount = Math.min(...amounts);
      const last = spans.at(-1);
      if (last !== undefined && last.to === from && last.amount === amount) last.to = to;
      else spans.push({ ...shopper, from, to, amount });
    }
    return spans;
  });
}

function intervals(entries: readonly { validFrom: string | null; validTo: string | null }[]): [number, number][] {
  const instants = entries.flatMap(({ validFrom, validTo }) => [validFrom, validTo].flatMap((instant) => (instant === null ? [] : [Date.parse(instant)])));
  const edges = [-Infinity, ...[...new Set(instants)].sort((a, b) => a - b), Infinity];
  return edges.slice(1).map((to, index) => [edges[index] ?? -Infinity, to]);
}

export async function writeSpans(tx: PoolClient, products: readonly { productId: string; prices: readonly SkuPrices[] }[]): Promise<void> {
  if (products.length === 0) return;
  const rows = products.flatMap(({ productId, prices }) => spansOf(prices).map((span) => ({ productId, ...span })));
  const instant = (time: number): string => (Number.isFinite(time) ? new Date(time).toISOString() : time < 0 ? '-infinity' : 'infinity');
  const remove = tx.query({ name: 'price-spans-remove', text: 'delete from price_span where product_id = any($1::text[])', values: [products.map(({ productId }) => productId)] });
  const write = rows.length === 0 ? undefined : tx.query({
    name: 'price-spans-write',
    text: `insert into price_span (product_id, market, currency, customer_group, valid_from, valid_to, amount)
      select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::bigint[])`,
    values: [
      rows.map((row) => row.productId),
      rows.map((row) => row.market),
      rows.map((row) => row.currency),
      rows.map((row) => row.customerGroup),
      rows.map((row) => instant(row.from)),
      rows.map((row) => instant(row.to)),
      rows.map((row) => row.amount),
    ],
  });
  await together([remove, write]);
}
