import { RejectedError } from '@steward/platform';

export const FIRST_DEFAULT = 20;
export const FIRST_MOST = 250;

/** `first` as REST's text or GraphQL's number. */
export function firstOf(value: unknown): number {
  if (value === undefined || value === null) return FIRST_DEFAULT;
  const first = typeof value === 'string' && /^[0-9]{1,9}$/.test(value) ? Number(value) : value;
  if (typeof first === 'number' && Number.isInteger(first) && first >= 1 && first <= FIRST_MOST) return first;
  throw new RejectedError('GATEWAY_ARGUMENT_REFUSED', `first is ${shown(value)}`, {
    place: '/first',
    accepted: `a whole number from 1 to ${String(FIRST_MOST)}`,
  });
}

const CURSOR = 'product:';

/** Opaque to clients. The prefix tells a cursor of another list, and of another version, from ours. */
export function cursorOf(productId: string): string {
  return Buffer.from(CURSOR + productId).toString('base64url');
}

/** The product id after which a page begins; null for the first page. */
export function afterOf(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' && value.length <= 1_000) {
    const text = Buffer.from(value, 'base64url').toString();
    const productId = text.slice(CURSOR.length);
    // Decoding forgives; encoding again doesn't, so that a cursor has one spelling and holds no NUL.
    if (text.startsWith(CURSOR) && productId !== '' && !productId.includes('\0') && cursorOf(productId) === value) return productId;
  }
  throw new RejectedError('GATEWAY_CURSOR_REFUSED', `after is ${shown(value)}`, {
    place: '/after',
    accepted: 'a cursor from an earlier page of the same list, unchanged',
  });
}

/** Names that are not known are refused, not ignored: a misspelt `frist` would else silently show another page. */
export function onlyKnown(given: Readonly<Record<string, unknown>>, known: readonly string[]): void {
  for (const [name, value] of Object.entries(given)) {
    if (!known.includes(name))
      throw new RejectedError('GATEWAY_ARGUMENT_REFUSED', `${shown(name)} is not known here`, {
        place: `/${name}`,
        accepted: known.length > 0 ? known.join(', ') : 'no query parameters',
      });
    if (Array.isArray(value))
      throw new RejectedError('GATEWAY_ARGUMENT_REFUSED', `${name} is given ${String(value.length)} times`, { place: `/${name}`, accepted: 'one value' });
  }
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
