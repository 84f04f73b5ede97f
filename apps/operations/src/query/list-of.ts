/**
 * A list of /ops/v1 as data: what it is asked by and sorted by. Filters, pages, whose things are shown and the cursor are made from it, so
 * that all lists take the same words and refuse the same mistakes.
 * 1. The latest first, and a page begins after the last item of the one before: what comes or goes meanwhile shifts nothing.
 * 2. What can't be asked by is refused with what can, never ignored: a misspelt filter would show everything, or nothing.
 */
import type { Database } from '@steward/platform';
import { instantSql, nameOfList, pageOf, type Page, pagePosition, type PositionPart } from '../api/listing';
import { parseQuery, type Term } from './grammar';
import { type Fields, whereOf } from './where';

export interface ListSpec<R, T> {
  /** Part of each cursor: pages of one list are no pages of another. */
  readonly name: string;
  readonly columns: string;
  readonly from: string;
  /** A condition in which `$1` stands for the owners whose things are shown. */
  readonly ownedBy: string;
  readonly fields: Fields;
  /** Columns that words are looked for in. */
  readonly words: readonly string[];
  /** All descending; together they belong to one row. */
  readonly order: readonly { readonly sql: string; readonly is: PositionPart }[];
  readonly show: (row: R) => T;
}

/** What a request gives: each further name is a field of the list. */
export interface Asked {
  readonly first: number;
  readonly after?: string | undefined;
  readonly q?: string | undefined;
  readonly [field: string]: string | number | undefined;
}

export interface List<T> {
  /** `owners`: whose things are shown; null = everybody's. */
  readonly page: (database: Pick<Database, 'query'>, asked: Asked, owners: readonly string[] | null) => Promise<Page<T>>;
  /** The same condition, for counting: what it compares with is added to `parameters`, whose first are the owners. */
  readonly where: (asked: Omit<Asked, 'first'>, parameters: unknown[]) => string;
}

const sqlType: Readonly<Record<PositionPart, string>> = { instant: 'timestamptz', string: 'text', number: 'bigint', uuid: 'uuid' };

export function listOf<R, T>({ name, columns, from, ownedBy, fields, words, order, show }: ListSpec<R, T>): List<T> {
  const owned = `($1::text[] is null or ${ownedBy})`;
  const begins = order.map(({ is }, index) => `$${String(index + 2)}::${sqlType[is]}`);
  const position = order.map(({ sql, is }) => (is === 'instant' ? instantSql(sql) : sql)).join(', ');
  const sorted = order.map(({ sql }) => sql);
  const where = (terms: readonly Term[], parameters: unknown[]): string => `${owned} and ${whereOf(terms, fields, words, parameters)}`;
  return {
    where: (asked, parameters) => where(termsOf(asked, fields), parameters),
    page: async (database, asked, owners) => {
      const { first, after } = asked;
      const terms = termsOf(asked, fields);
      const list = nameOfList(name, terms);
      const place = pagePosition(list, after, order.map(({ is }) => is));
      const parameters: unknown[] = [owners, ...(place ?? order.map(() => null)), first + 1];
      const rows = await database.query<R & { position: readonly (string | number)[] } & Record<string, unknown>>(
        `select ${columns}, json_build_array(${position}) as position from ${from}
          where (${begins[0] ?? ''} is null or (${sorted.join(', ')}) < (${begins.join(', ')})) and ${where(terms, parameters)}
          order by ${sorted.map((each) => `${each} desc`).join(', ')} limit $${String(order.length + 2)}`,
        parameters,
      );
      return pageOf(list, first, rows, (row) => row.position, ({ position: _position, ...row }) => show(row as R));
    },
  };
}

function termsOf({ first: _first, after: _after, q, ...given }: Partial<Asked>, fields: Fields): Term[] {
  const ofParameters = Object.entries(given).flatMap(([field, value]): Term[] => {
    if (value === undefined) return [];
    const declared = fields[field];
    const text = String(value);
    const values = declared?.kind === 'text' && declared.whole === true ? [text] : text.split(',').map((each) => each.trim()).filter((each) => each !== '');
    return [{ field, operator: ':', values, negated: false }];
  });
  return [...parseQuery(q ?? ''), ...ofParameters];
}
