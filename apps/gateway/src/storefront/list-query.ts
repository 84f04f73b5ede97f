import { RejectedError } from '@steward/platform';
import { ATTRIBUTE, ATTRIBUTE_PARAMETER } from './arguments';
import { criteriaOf, type AttributeFilter, type Criteria, type Sort } from '../listing/criteria';

/** Query parameters of the list of products. */
export const listParameters = ['first', 'after', 'category', 'search', 'availability', 'sort', ATTRIBUTE_PARAMETER];

/** `sort=-price` as REST writes it. */
const sortNames: Readonly<Record<string, Sort>> = { id: 'ID', name: 'NAME', price: 'PRICE', '-price': 'PRICE_DESC', relevance: 'RELEVANCE' };

export function criteriaOfQuery(query: Readonly<Record<string, unknown>>): Criteria {
  const { category, search, availability, sort } = query;
  return criteriaOf({
    categoryId: category,
    search,
    attributes: Object.entries(query).flatMap(([name, value]): AttributeFilter[] => (name.startsWith(ATTRIBUTE) ? [{ name: name.slice(ATTRIBUTE.length), values: [value].flat().map(String) }] : [])),
    availability: typeof availability === 'string' ? availability.split(',') : [],
    sort: sort === undefined ? undefined : sortOf(String(sort)),
  });
}

function sortOf(name: string): Sort {
  const sort = Object.hasOwn(sortNames, name) ? sortNames[name] : undefined;
  if (sort === undefined) throw new RejectedError('GATEWAY_ARGUMENT_REFUSED', `sort is ${JSON.stringify(name.slice(0, 80))}`, { place: '/sort', accepted: Object.keys(sortNames).join(', ') });
  return sort;
}
