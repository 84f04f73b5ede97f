import { hash } from 'node:crypto';

/** Identifies a cart by its contents, in any order; the contract price-promise specifies how. */
export function cartDigest(lines: readonly { readonly sku: string; readonly quantity: number }[]): string {
  const named = lines.map(({ sku, quantity }) => JSON.stringify([sku, quantity])).toSorted();
  return hash('sha256', named.join('\n'), 'base64url').slice(0, 22);
}
