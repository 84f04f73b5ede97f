/** A cart with a promise for each line that has a price: what it says is what an order with it will cost. */
import { cartDigest } from '@steward/commerce';
import type { PricePromise } from '@steward/contracts';
import { quoted, RejectedError, StewardError } from '@steward/platform';
import type { Customer, Guest } from '../identity/identity';
import type { Context, Contexts } from '../storefront/context';
import type { Reading } from '../storefront/reading';
import type { LivePromotions } from '../promotion/live-promotions';
import type { PromiseKeys } from '../promise/promise-keys';
import { PRICE_PROMISE, SHIPPING_PROMISE, type ShippingClaims } from '../promise/price-promise';
import type { CartInput } from './cart.input';
import { toCartView, type CartView, type Promised } from './cart-view';
import { quote, type LinePrice, type Quote, type QuotedLine } from './quote';
import { methodsOf, rateOf, type ShippingRate } from './shipping';

/** What previews are made with; `keys` undefined = nothing can be ordered here. */
export interface Selling {
  readonly reading: Reading;
  readonly keys: PromiseKeys | undefined;
  readonly promiseTtlMs: number;
  readonly shippingRates: readonly ShippingRate[];
  readonly promotions: LivePromotions;
}

export interface Buyer {
  readonly identity: Guest | Customer;
  readonly context: Context;
}

/** The context to buy in. The group is who one is and not what one asks for: a group's price is not for whoever knows its name. */
export function buyerOf(contexts: Contexts, headers: Readonly<Record<string, unknown>>, identity: Guest | Customer): Buyer {
  return { identity, context: contexts.ofHeaders(headers, identity.kind === 'customer' ? identity.customerGroup : contexts.usual.customerGroup) };
}

/** The same of a context that may have been asked for in other ways. */
export function inOwnGroup(contexts: Contexts, context: Context, identity: Guest | Customer): Buyer {
  const own = identity.kind === 'customer' ? identity.customerGroup : contexts.usual.customerGroup;
  if (context.customerGroup === own) return { identity, context };
  throw new RejectedError('GATEWAY_CONTEXT_CONFLICT', `${context.customerGroup} is asked for, but whoever asks is of ${own}`, { place: '@inContext(customerGroup)', accepted: own });
}

/** `held`: of the shopper's cart. */
export async function previewCart(selling: Selling, { lines, codes, shippingMethod }: Omit<CartInput, 'reservation'>, buyer: Buyer, held: ReadonlyMap<string, number> = new Map()): Promise<CartView> {
  const { reading, shippingRates, promotions } = selling;
  const { context } = buyer;
  const open = openFor(selling, context);
  const at = reading.clock.now();
  const rate = rateOf(shippingRates, context.market, shippingMethod);
  if (rate === 'unknown') throw unknownMethod(selling, context, shippingMethod);
  const found = await Promise.all(lines.map(({ sku }) => reading.cache.find(sku)));
  const question = { lines, held, context, taxRateBp: open.taxRateBp, shipping: rate === 'none' ? null : rate, promotions: promotions.ofMarket(context.market), codes: codes ?? [], at };
  const quoted = await counted(() => quote(question, found, reading));
  return toCartView(quoted, await promise(quoted, buyer, { ...open, ttlMs: selling.promiseTtlMs, at }), context);
}

/** Throws CHECKOUT_CLOSED where nothing can be ordered. */
export function openFor({ keys, reading }: Selling, { market, currency }: Context): { keys: PromiseKeys; taxRateBp: number } {
  const taxRateBp = reading.contexts.taxRateOf(market);
  if (keys === undefined) throw new StewardError('CHECKOUT_CLOSED', 'the gateway has no keys for price promises');
  if (taxRateBp === null) throw new StewardError('CHECKOUT_CLOSED', `${market} has no tax rate`);
  if (currency !== reading.contexts.currencyOf(market))
    throw new RejectedError('GATEWAY_CONTEXT_REFUSED', `${market} does not sell in ${currency}`, { place: 'steward-currency', accepted: reading.contexts.currencyOf(market) });
  return { keys, taxRateBp };
}

function unknownMethod({ shippingRates }: Selling, { market }: Context, method: string | null): RejectedError {
  return new RejectedError('GATEWAY_INPUT_REFUSED', `shippingMethod is ${quoted(method)}`, { place: '/shippingMethod', accepted: methodsOf(shippingRates, market).join(', ') || 'none in this market' });
}

/** What is worth more than a number holds is refused, and not rounded. */
export async function counted<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RangeError) throw new RejectedError('GATEWAY_INPUT_REFUSED', 'the cart is worth more than can be counted', { place: '/lines', accepted: 'smaller quantities', cause: error });
    throw error;
  }
}

async function promise({ lines, shipping }: Quote, { identity, context }: Buyer, { keys, ttlMs, at }: { keys: PromiseKeys; ttlMs: number; at: number }): Promise<Promised> {
  const iat = Math.floor(at / 1_000);
  const sub = identity.kind === 'customer' ? identity.customerId : null;
  const whose = { cur: context.currency, mkt: context.market, sub, iat };
  // To the boundary of the price and no further: a sale that ends at midnight has ended.
  const expiry = ({ validUntil }: Pick<QuotedLine, 'validUntil'>): number => Math.floor(Math.min(at + ttlMs, validUntil) / 1_000);
  const discounted = lines.some(({ price }) => price !== null && price.discountAmount > 0);
  const cart = discounted ? { cart: cartDigest(lines) } : {};

  const claimsOf = (line: QuotedLine, price: LinePrice): PricePromise => ({
    sku: line.sku,
    qty: line.quantity,
    unit: price.unitAmount,
    disc: price.discountAmount,
    grp: context.customerGroup,
    pid: price.priceId,
    prev: price.priceRevision,
    promo: [...price.promotionIds],
    ...cart,
    ...whose,
    tax: price.taxMode,
    rate: price.taxRateBp,
    exp: expiry(line),
  });
  const signed = await Promise.all(lines.map((line) => (line.price === null ? null : keys.sign(PRICE_PROMISE, claimsOf(line, line.price)))));
  const priced = lines.filter(({ price }) => price !== null);
  const shippingClaims: ShippingClaims | null =
    shipping === null ? null : { method: shipping.method, unit: shipping.unitAmount, tax: 'included', rate: shipping.taxRateBp, ...whose, exp: expiry({ validUntil: Infinity }) };
  return {
    lines: signed,
    shipping: shippingClaims === null ? null : await keys.sign(SHIPPING_PROMISE, shippingClaims),
    validUntil: priced.length === 0 ? null : Math.min(...priced.map((line) => expiry(line) * 1_000)),
  };
}
