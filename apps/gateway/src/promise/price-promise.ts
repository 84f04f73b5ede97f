/**
 * Price promises: what one line will cost, signed (S5). Invariants:
 *   1. A promise speaks for one SKU in one quantity; whoever changes the quantity asks anew, because prices have tiers.
 *   2. It belongs to the customer it was made for; one that was made for a guest is anybody's, at a guest's price.
 *   3. Where a discount depends on the rest of the cart, every line of that cart names it: none can be ordered without the others.
 *   4. Whether it is still valid is asked once, at the moment the order is accepted. An outage behind the gateway can't expire it.
 */
import { pricePromise, type PricePromise } from '@steward/contracts';
import { z } from 'zod';
import type { PromiseKeys } from './promise-keys';

export const PRICE_PROMISE = 'steward-price-promise+jwt';
export const SHIPPING_PROMISE = 'steward-shipping-promise+jwt';

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

const shippingClaims = z.object({ method: z.string(), unit: z.int().min(0), ...whose });
export type ShippingClaims = z.output<typeof shippingClaims>;

export type ReadPromise<T> = { readonly kind: 'valid' | 'expired'; readonly claims: T } | { readonly kind: 'forged' };

export function readPricePromise(keys: PromiseKeys, token: string, at: number): Promise<ReadPromise<PricePromise>> {
  return read(keys, PRICE_PROMISE, token, (claims) => (pricePromise.validateConsumed(claims).length === 0 ? (claims as PricePromise) : undefined), at);
}

export function readShippingPromise(keys: PromiseKeys, token: string, at: number): Promise<ReadPromise<ShippingClaims>> {
  return read(keys, SHIPPING_PROMISE, token, (claims) => shippingClaims.safeParse(claims).data, at);
}

async function read<T extends { exp: number }>(keys: PromiseKeys, type: string, token: string, toClaims: (signed: unknown) => T | undefined, at: number): Promise<ReadPromise<T>> {
  const claims = toClaims(await keys.verify(type, token));
  // A claim that we signed and no longer know is of another version of ours; it is of no use here.
  if (claims === undefined) return { kind: 'forged' };
  return { kind: at < claims.exp * 1_000 ? 'valid' : 'expired', claims };
}
