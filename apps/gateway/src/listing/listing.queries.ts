/**
 * Pages of products as ids. One statement for each combination of what is asked, so that PostgreSQL plans what it runs; the values
 * are parameters. Each list has one ascending sort key and the product id behind it: a page begins after the last one's pair.
 */
import type { Database } from '@steward/platform';
import type { Context } from '../storefront/context';
import type { Criteria, Sort } from './criteria';
import type { KeyType, Position } from './cursor';
import { attributeToken } from './listing.store';

export interface ListedPage {
  positions: Position[];
  hasNext: boolean;
}

export interface ListQuestion {
  criteria: Omit<Criteria, 'categoryId'>;
  /** The category and all below it; null = all products. */
  categoryIds: readonly string[] | null;
  context: Context;
  /** Epoch ms, for prices that begin and end. */
  now: number;
  first: number;
  after: Position | null;
}

/** Of the sort key before the product id; null where the id is all there is. */
export const keyTypes = { ID: null, NAME: 'text', RELEVANCE: 'float8', PRICE: 'bigint', PRICE_DESC: 'bigint' } as const satisfies Record<Sort, KeyType | null>;

interface Row {
  product_id: string;
  key: string | null;
}

export async function readPage(database: Pick<Database, 'query'>, question: ListQuestion): Promise<ListedPage> {
  const { text, values } = statementOf(question);
  const rows = await database.query<Row>(text, values);
  return { positions: rows.slice(0, question.first).map((row) => ({ key: row.key, id: row.product_id })), hasNext: rows.length > question.first };
}

export function statementOf({ criteria, categoryIds, context, now, first, after }: ListQuestion): { text: string; values: unknown[] } {
  const values: unknown[] = [];
  const given = (value: unknown): string => `$${String(values.push(value))}`;
  const joins: string[] = [];
  const conditions: string[] = [];

  if (categoryIds !== null) conditions.push(`l.category_ids && ${given(categoryIds)}::text[]`);
  for (const { name, values: accepted } of criteria.attributes)
    conditions.push(`l.attributes && ${given(accepted.map((value) => attributeToken(name, value)))}::text[]`);
  if (criteria.availability.length > 0) {
    joins.push('join document d on d.product_id = l.product_id');
    conditions.push(`d.state = any(${given(criteria.availability)}::text[])`);
  }
  if (criteria.search !== null) {
    const beginnings = beginningsOf(criteria.search);
    const stemmed = `websearch_to_tsquery(language_words(${given(context.language)}), ${given(criteria.search)})`;
    joins.push(`cross join (select ${beginnings === null ? stemmed : `${stemmed} || to_tsquery('simple', ${given(beginnings)})`} as query) as search`);
    conditions.push('l.words @@ search.query');
  }
  const key = keyOf(criteria.sort);
  if (after !== null) {
    const id = given(after.id);
    conditions.push(key === null ? `l.product_id > ${id}` : `(${key}, l.product_id) > (${given(after.key)}::${String(keyTypes[criteria.sort])}, ${id})`);
  }
  return {
    values,
    text: `select l.product_id, ${key === null ? 'null' : `(${key})::text`} as key from listing l ${joins.join(' ')}
      where ${conditions.length === 0 ? 'true' : conditions.join(' and ')}
      order by ${key === null ? '' : `${key}, `}l.product_id limit ${given(first + 1)}`,
  };

  function keyOf(sort: Sort): string | null {
    switch (sort) {
      case 'ID':
        return null;
      case 'NAME': {
        const [language, base = ''] = [context.language, context.language.split('-')[0]];
        // The same fallback as the shown name's (languageOf): a list is sorted by what it shows.
        const other = `(select value from jsonb_each_text(l.names) order by key collate "C" limit 1)`;
        return `(coalesce(l.names ->> ${given(language)}, l.names ->> ${given(base)}, l.names ->> 'en', ${other}, l.product_id) collate "und-x-icu")`;
      }
      case 'RELEVANCE':
        return '(-ts_rank(l.words, search.query))::float8';
      case 'PRICE':
      case 'PRICE_DESC':
        joins.push(`left join lateral (
          select s.amount from price_span s
          where s.product_id = l.product_id and s.market = ${given(context.market)} and s.currency = ${given(context.currency)}
            and s.customer_group in (${given(context.customerGroup)}, 'public')
            and to_timestamp(${given(now / 1_000)}) >= s.valid_from and to_timestamp($${String(values.length)}) < s.valid_to
          order by s.customer_group = 'public' limit 1
        ) price on true`);
        // What has no price now comes last in either order.
        return `coalesce(${sort === 'PRICE' ? '' : '-'}price.amount, ${String(Number.MAX_SAFE_INTEGER)})`;
    }
  }
}

/** Words as a tsquery in which each word may be the beginning of one: what a shopper has typed so far. null when there are none. */
function beginningsOf(search: string): string | null {
  const words = search.match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.length === 0 ? null : words.map((word) => `${word}:*`).join(' & ');
}
