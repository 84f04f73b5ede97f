import type { Database } from '@steward/platform';
import type { PriceOf } from '../check/exposure';

/** What a piece costs, by what was said last of any entry of its SKU: enough to tell a small exposure from a large one. */
export async function readPrices(database: Pick<Database, 'query'>, skus: readonly string[]): Promise<PriceOf> {
  if (skus.length === 0) return () => undefined;
  const rows = await database.query<{ sku: string; amount: number; currency: string }>(
    'select distinct on (sku) sku, amount::float8 as amount, currency from price_said where sku = any($1::text[]) order by sku, said_at desc', [skus]);
  const known = new Map(rows.map(({ sku, amount, currency }) => [sku, { amount, currency }]));
  return (sku) => known.get(sku);
}
