/** What a list of products may be asked for: the same for REST and GraphQL, each value checked, each refusal naming its place. */
import { quoted, RejectedError } from '@steward/platform';
import type { AvailabilityState } from '../product/availability';

const availabilityStates = ['IN_STOCK', 'LOW_STOCK', 'OUT_OF_STOCK', 'BACKORDER', 'UNKNOWN'] as const satisfies readonly AvailabilityState[];
export const sorts = ['ID', 'NAME', 'PRICE', 'PRICE_DESC', 'RELEVANCE'] as const;
export type Sort = (typeof sorts)[number];

export interface AttributeFilter {
  name: string;
  /** Any of them. */
  values: readonly string[];
}

export interface Criteria {
  /** A category and all that hang below it. */
  categoryId: string | null;
  search: string | null;
  /** All of them. */
  attributes: readonly AttributeFilter[];
  /** Any of them; empty = any at all. */
  availability: readonly AvailabilityState[];
  sort: Sort;
}

export interface AskedCriteria {
  categoryId?: unknown;
  search?: unknown;
  attributes?: readonly AttributeFilter[];
  availability?: readonly string[];
  sort?: unknown;
}

const SEARCH_MOST = 200;
const ATTRIBUTES_MOST = 10;
const VALUES_MOST = 50;
const TEXT_MOST = 200;

export function criteriaOf(asked: AskedCriteria): Criteria {
  const search = textOf('search', asked.search, SEARCH_MOST)?.trim() ?? '';
  return {
    categoryId: textOf('category', asked.categoryId, TEXT_MOST),
    search: search === '' ? null : search,
    attributes: attributesOf(asked.attributes ?? []),
    availability: (asked.availability ?? []).map((state) => oneOf('availability', state, availabilityStates)),
    sort: sortOf(asked.sort, search !== ''),
  };
}

function attributesOf(attributes: readonly AttributeFilter[]): readonly AttributeFilter[] {
  if (attributes.length > ATTRIBUTES_MOST) throw refused('attributes', `${String(attributes.length)} attributes`, `at most ${String(ATTRIBUTES_MOST)}`);
  for (const { name, values } of attributes) {
    if (values.length === 0 || values.length > VALUES_MOST)
      throw refused(`attributes/${name}`, `${String(values.length)} values`, `1 to ${String(VALUES_MOST)} values`);
    for (const text of [name, ...values]) textOf(`attributes/${name}`, text, TEXT_MOST);
  }
  return attributes;
}

/** What is searched for comes first where it is found best; without a search there is no such order. */
function sortOf(asked: unknown, searching: boolean): Sort {
  if (asked === undefined || asked === null) return searching ? 'RELEVANCE' : 'ID';
  const sort = oneOf('sort', asked, sorts);
  if (sort === 'RELEVANCE' && !searching) throw refused('sort', 'RELEVANCE without a search', 'RELEVANCE only together with search');
  return sort;
}

function oneOf<T extends string>(place: string, value: unknown, accepted: readonly T[]): T {
  const known = accepted.find((each) => each === value);
  if (known === undefined) throw refused(place, quoted(value), accepted.join(', '));
  return known;
}

function textOf(place: string, value: unknown, most: number): string | null {
  if (value === undefined || value === null) return null;
  // PostgreSQL has no text with NUL in it, so nothing of ours is called so.
  if (typeof value === 'string' && value.length <= most && !value.includes('\0')) return value;
  throw refused(place, quoted(value), `text of at most ${String(most)} characters without NUL`);
}

function refused(place: string, given: string, accepted: string): RejectedError {
  return new RejectedError('GATEWAY_ARGUMENT_REFUSED', `${place} is ${given}`, { place: `/${place}`, accepted });
}
