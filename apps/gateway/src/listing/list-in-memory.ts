/**
 * A list out of the documents in memory, for when PostgreSQL can't be asked: what shoppers look at most, the pages of categories, then
 * goes on. Same filters, same sort keys, same cursors as listing.queries; a test asks both. Words are PostgreSQL's alone.
 */
import type { CachedDocument, Surroundings } from '../document-cache/cached-document';
import type { Sort } from './criteria';
import type { ListedPage, ListQuestion } from './listing.queries';

/** undefined for a list that only PostgreSQL can make. */
export function listInMemory(documents: Iterable<CachedDocument>, question: ListQuestion, surroundings: Surroundings): ListedPage | undefined {
  const { criteria, categoryIds, context, now, first, after } = question;
  if (criteria.search !== null) return undefined;
  const wanted = categoryIds === null ? null : new Set(categoryIds);
  const listed: { key: string | number | null; id: string }[] = [];
  for (const cached of documents) {
    const { content, productId } = cached.document;
    if (content.status !== 'active') continue;
    if (wanted !== null && !content.categoryIds.some((id) => wanted.has(id))) continue;
    if (!criteria.attributes.every(({ name, values }) => [content.attributes, ...content.variants.map((variant) => variant.attributes)].some((each) => values.some((value) => holds(each[name], value))))) continue;
    const { view } = cached.rendered(context, surroundings, now);
    if (criteria.availability.length > 0 && !criteria.availability.includes(view.availability.state)) continue;
    listed.push({ key: keyOf(criteria.sort, view.name, view.price.value === null ? null : Number(view.price.value.minorUnits)), id: productId });
  }
  const compare = comparing(criteria.sort);
  const last = after === null ? null : { key: criteria.sort === 'NAME' ? after.key : after.key === null ? null : Number(after.key), id: after.id };
  const rest = (last === null ? listed : listed.filter((each) => compare(each, last) > 0)).sort(compare);
  return { positions: rest.slice(0, first).map(({ key, id }) => ({ key: key === null ? null : String(key), id })), hasNext: rest.length > first };
}

type Key = string | number | null;

function keyOf(sort: Sort, name: string, amount: number | null): Key {
  if (sort === 'NAME') return name;
  if (sort === 'PRICE') return amount ?? Number.MAX_SAFE_INTEGER;
  if (sort === 'PRICE_DESC') return amount === null ? Number.MAX_SAFE_INTEGER : -amount;
  return null;
}

function comparing(sort: Sort): (a: { key: Key; id: string }, b: { key: Key; id: string }) => number {
  const collator = sort === 'NAME' ? new Intl.Collator('und') : null;
  return (a, b) => (collator === null ? Number(a.key) - Number(b.key) : collator.compare(String(a.key), String(b.key))) || Buffer.compare(Buffer.from(a.id), Buffer.from(b.id));
}

function holds(attribute: string | number | boolean | readonly string[] | undefined, value: string): boolean {
  return typeof attribute === 'object' ? attribute.includes(value) : attribute !== undefined && String(attribute) === value;
}
