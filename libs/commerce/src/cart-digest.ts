import { hash } from 'node:crypto';

/** Names a cart by what is in it, in whatever order; how is told with the contract price-promise. */
export function cartDigest(lines: readonly { readonly sku: string; readonly quantity: number }[]): string {
  const named = lines.map(({ sku, quantity }) => JSON.stringify([sku, quantity])).toSorted();
  return hash('sha256', named.join('\n'), 'base64url').slice(0, 22);
}
