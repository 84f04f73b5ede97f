/**
 * Price promises: what one line will cost, signed (S5). Invariants:
 *   1. A promise speaks for one SKU in one quantity; whoever changes the quantity asks anew, because prices have tiers.
 *   2. It belongs to the customer it was made for; one that was made for a guest is anybody's, at a guest's price.
 *   3. Where a discount depends on the rest of the cart, every line of that cart names it: none can be ordered without the others.
 *   4. Whether it is still valid is asked once, at the moment the order is accepted. An outage behind the gateway can't expire it.
 */
import { hash } from 'node:crypto';
import { z } from 'zod';
import type { PromiseKeys } from './promise-keys';

export const PRICE_PROMISE = 'steward-price-promise+jwt';
export const SHIPPING_PROMISE = 'steward-shipping-promise+jwt';

const amount = z.int().min(0);
const whose = {
  cur: z.string(),
  mkt: z.string(),
  tax: z.enum(['included', 'excluded']),
  /** Tax rate in hundredths of a percent. */
  rate: z.int().min(0).max(10_000),
  sub: z.string().nullable(),
  /** Seconds since 1970, as everywhere in JWTs. */
  iat: z.int(),
  exp: z.int(),
};

const priceClaims = z.object({
  sku: z.string(),
  qty: z.int().min(1),
  unit: amount,
  /** Of the whole line. */
  disc: amount,
  grp: z.string(),
  /** Id and revision of the entry of the price list. */
  pid: z.string(),
  prev: z.int(),
  promo: z.array(z.string()),
  /** Digest of the cart that the discounts were given for; absent when there were none. */
  cart: z.string().optional(),
  ...whose,
});
export type PriceClaims = z.output<typeof priceClaims>;

const shippingClaims = z.object({ method: z.string(), unit: amount, ...whose });
export type ShippingClaims = z.output<typeof shippingClaims>;

export type ReadPromise<T> = { readonly kind: 'valid' | 'expired'; readonly claims: T } | { readonly kind: 'forged' };

export function readPricePromise(keys: PromiseKeys, token: string, at: number): Promise<ReadPromise<PriceClaims>> {
  return read(keys, PRICE_PROMISE, token, priceClaims, at);
}

export function readShippingPromise(keys: PromiseKeys, token: string, at: number): Promise<ReadPromise<ShippingClaims>> {
  return read(keys, SHIPPING_PROMISE, token, shippingClaims, at);
}

async function read<T extends { exp: number }>(keys: PromiseKeys, type: string, token: string, shape: z.ZodType<T>, at: number): Promise<ReadPromise<T>> {
  const checked = shape.safeParse(await keys.verify(type, token));
  // A claim that we signed and no longer know is of another version of ours; it is of no use here.
  if (!checked.success) return { kind: 'forged' };
  return { kind: at < checked.data.exp * 1_000 ? 'valid' : 'expired', claims: checked.data };
}

/** Names a cart by what is in it, in whatever order. */
export function cartDigest(lines: readonly { readonly sku: string; readonly quantity: number }[]): string {
  const named = lines.map(({ sku, quantity }) => JSON.stringify([sku, quantity])).toSorted();
  return hash('sha256', named.join('\n'), 'base64url').slice(0, 22);
}
