/** The lines of an order at the prices that were promised (S5). A price list is not asked: what was promised is what is charged. */
import type { PlaceOrderLine, PricePromise } from '@steward/contracts';
import { cartDigest, lineTotals, orderTotals, type Amounts } from '@steward/commerce';
import type { ProblemPlace } from '@steward/platform';
import type { Buyer } from '../cart/preview';
import type { PromiseKeys } from '../promise/promise-keys';
import { readPricePromise, readShippingPromise, type ReadPromise } from '../promise/price-promise';
import type { PlaceOrderInput } from './place-order.input';

export interface PricedOrder {
  readonly lines: PlaceOrderLine[];
  readonly shipping: (Amounts & { method: string; taxRateBp: number }) | null;
  readonly totals: Amounts;
}

export type Pricing =
  | { readonly kind: 'priced'; readonly order: PricedOrder }
  /** Not a promise for this: made by somebody else or for something else. */
  | { readonly kind: 'invalid'; readonly places: readonly ProblemPlace[] }
  /** A promise that was once good: the shopper has to see the price of now. */
  | { readonly kind: 'changed'; readonly places: readonly ProblemPlace[] };

type Found = { readonly kind: 'invalid' | 'changed'; readonly place: ProblemPlace };

export interface PriceQuestion {
  readonly input: Pick<PlaceOrderInput, 'lines' | 'shippingPromise' | 'expectedTotal'>;
  readonly buyer: Buyer;
  readonly keys: PromiseKeys;
  /** When the order is accepted (epoch ms). */
  readonly at: number;
  /** The group whose prices are anybody's. */
  readonly publicGroup: string;
}

export async function priceLines({ input, buyer, keys, at, publicGroup }: PriceQuestion): Promise<Pricing> {
  const [reads, shippingRead] = await Promise.all([
    Promise.all(input.lines.map(({ promise }) => readPricePromise(keys, promise, at))),
    input.shippingPromise === null ? null : readShippingPromise(keys, input.shippingPromise, at),
  ]);
  const cart = cartDigest(input.lines);
  const found = [
    ...input.lines.flatMap((line, index) => faultOfLine(line, reads[index] ?? { kind: 'forged' }, { buyer, cart, publicGroup }, `/lines/${String(index)}`)),
    ...(shippingRead === null ? [] : faultOf(shippingRead, buyer, '/shippingPromise')),
  ];
  for (const kind of ['invalid', 'changed'] as const) {
    const places = found.flatMap((fault) => (fault.kind === kind ? [fault.place] : []));
    if (places.length > 0) return { kind, places };
  }
  const lines = input.lines.flatMap(({ promise }, index) => {
    const read = reads[index];
    return read === undefined || read.kind === 'forged' ? [] : [toLine(read.claims, promise, index)];
  });
  const shipping = shippingRead === null || shippingRead.kind === 'forged' ? null : toShipping(shippingRead.claims);
  const totals = orderTotals(lines, shipping);
  const { expectedTotal } = input;
  if (expectedTotal !== null && expectedTotal.minorUnits !== String(totals.grossAmount))
    return { kind: 'changed', places: [{ pointer: '/expectedTotal/minorUnits', detail: `is ${expectedTotal.minorUnits}, but the promises make ${String(totals.grossAmount)}`, accepted: 'the total of the promises, or none' }] };
  return { kind: 'priced', order: { lines, shipping, totals } };
}

/** Whose and for what it was made; `expired` last: of a promise that is not for this it doesn't matter. */
function faultOf(read: ReadPromise<{ cur: string; mkt: string; sub: string | null }>, { identity, context }: Buyer, pointer: string): Found[] {
  const invalid = (detail: string, accepted: string): Found[] => [{ kind: 'invalid', place: { pointer, detail, accepted } }];
  if (read.kind === 'forged') return invalid('was not made by this shop', 'the promise of a preview, unchanged');
  const { cur, mkt, sub } = read.claims;
  if (mkt !== context.market || cur !== context.currency) return invalid(`was made for ${mkt} in ${cur}`, `a promise for ${context.market} in ${context.currency}`);
  if (sub !== null && (identity.kind !== 'customer' || identity.customerId !== sub)) return invalid('was made for another customer', 'a promise of this customer, or of a guest');
  if (read.kind === 'expired') return [{ kind: 'changed', place: { pointer, detail: 'has expired', accepted: 'the promise of a new preview' } }];
  return [];
}

function faultOfLine(line: PlaceOrderInput['lines'][number], read: ReadPromise<PricePromise>, { buyer, cart, publicGroup }: { buyer: Buyer; cart: string; publicGroup: string }, place: string): Found[] {
  const pointer = `${place}/promise`;
  const found = faultOf(read, buyer, pointer);
  if (read.kind === 'forged' || found[0]?.kind === 'invalid') return found;
  const { claims } = read;
  if (claims.sku !== line.sku) return [{ kind: 'invalid', place: { pointer, detail: 'was made for another SKU', accepted: 'the promise of this line' } }];
  // Whoever signs in at the checkout brings a guest's promise: the group may pay less, and has to see it.
  if (claims.grp !== buyer.context.customerGroup)
    return [{ kind: claims.grp === publicGroup ? 'changed' : 'invalid', place: { pointer, detail: 'was made for another customer group', accepted: `a promise for ${buyer.context.customerGroup}` } }];
  if (claims.qty !== line.quantity) return [{ kind: 'changed', place: { pointer: `${place}/quantity`, detail: `the promise is for ${String(claims.qty)}`, accepted: 'the promise of a new preview' } }];
  if (claims.cart !== undefined && claims.cart !== cart) return [{ kind: 'changed', place: { pointer, detail: 'its discount was for another cart', accepted: 'the promises of a preview of just these lines' } }];
  return found;
}

function toLine({ sku, qty, unit, disc, rate, tax, pid, prev, promo }: PricePromise, promise: string, index: number): PlaceOrderLine {
  const terms = { unitAmount: unit, quantity: qty, discountAmount: disc, taxRateBp: rate, taxMode: tax };
  return { lineId: String(index + 1), sku, ...terms, ...lineTotals(terms), priceId: pid, priceRevision: prev, promotionIds: promo, promise };
}

function toShipping({ method, unit, rate, tax }: { method: string; unit: number; rate: number; tax: 'included' | 'excluded' }) {
  return { method, taxRateBp: rate, ...lineTotals({ unitAmount: unit, quantity: 1, discountAmount: 0, taxRateBp: rate, taxMode: tax }) };
}
