import { quoted, RejectedError } from '@steward/platform';

export const FIRST_DEFAULT = 20;
const FIRST_MOST = 250;

/** `first` as REST's text or GraphQL's number. */
export function firstOf(value: unknown): number {
  if (value === undefined || value === null) return FIRST_DEFAULT;
  const first = typeof value === 'string' && /^[0-9]{1,9}$/.test(value) ? Number(value) : value;
  if (typeof first === 'number' && Number.isInteger(first) && first >= 1 && first <= FIRST_MOST) return first;
  throw new RejectedError('GATEWAY_ARGUMENT_REFUSED', `first is ${quoted(value)}`, {
    place: '/first',
    accepted: `a whole number from 1 to ${String(FIRST_MOST)}`,
  });
}

/** This page's address with another cursor, as the header Link has it. */
export function linkToNext(url: string, cursor: string): string {
  const { pathname, searchParams } = new URL(url, 'http://storefront');
  searchParams.set('after', cursor);
  return `<${pathname}?${searchParams.toString()}>; rel="next"`;
}

/** The one family of parameters: `attribute.<name>` may be given several times, and any of its values is then accepted. */
export const ATTRIBUTE = 'attribute.';
export const ATTRIBUTE_PARAMETER = `${ATTRIBUTE}<name>`;

/** Names that are not known are refused, not ignored: a misspelt `frist` would else silently show another page. */
export function onlyKnown(given: Readonly<Record<string, unknown>>, known: readonly string[]): void {
  for (const [name, value] of Object.entries(given)) {
    if (name.startsWith(ATTRIBUTE) && known.includes(ATTRIBUTE_PARAMETER)) continue;
    if (!known.includes(name))
      throw new RejectedError('GATEWAY_ARGUMENT_REFUSED', `${quoted(name)} is not known here`, {
        place: `/${name}`,
        accepted: known.length > 0 ? known.join(', ') : 'no query parameters',
      });
    if (Array.isArray(value))
      throw new RejectedError('GATEWAY_ARGUMENT_REFUSED', `${name} is given ${String(value.length)} times`, { place: `/${name}`, accepted: 'one value' });
  }
}

export function unknownProduct(sku: string): RejectedError {
  return new RejectedError('GATEWAY_PRODUCT_UNKNOWN', `no product and no variant ${JSON.stringify(sku.slice(0, 100))}`, {
    place: '/sku',
    accepted: "a product's id or a variant's SKU",
  });
}
