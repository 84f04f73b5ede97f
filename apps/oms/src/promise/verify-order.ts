/**
 * S5: nobody is charged another price than was promised. Each line is held against its promise, and all amounts against the
 * arithmetic that the gateway and we share. Judged at the moment the gateway accepted the order: an outage behind it lets nothing expire.
 */
import { cartDigest, lineTotals, orderTotals } from '@steward/commerce';
import { type PlaceOrder, pricePromise, type PricePromise } from '@steward/contracts';
import type { Verdict } from '../saga/input';
import type { PromiseKeys } from './promise-keys.client';

type Line = PlaceOrder['lines'][number];

const sound: Verdict = { kind: 'sound' };
const invalid = (message: string, sku: string | null): Verdict => ({ kind: 'unsound', code: 'PROMISE_INVALID', message, sku });
const changed = (message: string, sku: string | null): Verdict => ({ kind: 'unsound', code: 'PRICE_CHANGED', message, sku });

export async function verifyOrder(order: PlaceOrder, keys: PromiseKeys): Promise<Verdict> {
  const verdicts = await Promise.all(order.lines.map(async (line) => verifyLine(order, line, await keys.claimsOf(line.promise))));
  const found = verdicts.find(({ kind }) => kind === 'unsound');
  if (found !== undefined) return found;
  try {
    return verifyTotals(order);
  } catch (error) {
    // More than a number can hold exactly: whoever promised it, nobody can charge it.
    if (error instanceof RangeError) return changed(error.message, null);
    throw error;
  }
}

function verifyLine(order: PlaceOrder, line: Line, signed: unknown): Verdict {
  const { sku } = line;
  if (pricePromise.validateConsumed(signed).length > 0) return invalid(`the promise of ${sku} is not one of ours`, sku);
  const claims = signed as PricePromise;
  const foreign = foreignTo(order, line, claims);
  if (foreign !== undefined) return invalid(`the promise of ${sku} is for another ${foreign}`, sku);
  if (Date.parse(order.acceptedAt) >= claims.exp * 1_000) return changed(`the promise of ${sku} had expired when the order was accepted`, sku);
  const other = otherThan(line, claims);
  return other === undefined ? sound : changed(`${sku} was promised with another ${other}`, sku);
}

/** What a promise was made for, where that is something else. One without a customer is anybody's. */
function foreignTo({ currency, market, customerGroup, customerId, lines }: PlaceOrder, { sku, quantity }: Line, { sku: promised, qty, cur, mkt, grp, sub, cart }: PricePromise): string | undefined {
  if (promised !== sku) return 'article';
  if (qty !== quantity) return 'quantity';
  if (cur !== currency) return 'currency';
  if (mkt !== market) return 'market';
  if (grp !== customerGroup) return 'customer group';
  if (sub !== null && sub !== customerId) return 'customer';
  // A discount that the rest of the cart has earned is for that cart, and not for the line alone.
  return cart === undefined || cart === cartDigest(lines) ? undefined : 'cart';
}

function otherThan(line: Line, claims: PricePromise): string | undefined {
  if (claims.unit !== line.unitAmount) return 'price';
  if (claims.disc !== line.discountAmount) return 'discount';
  if (claims.tax !== line.taxMode || claims.rate !== line.taxRateBp) return 'tax';
  if (claims.pid !== line.priceId || claims.prev !== line.priceRevision) return 'price list entry';
  return JSON.stringify(claims.promo.toSorted()) === JSON.stringify(line.promotionIds.toSorted()) ? undefined : 'promotion';
}

/** A gateway of another version may count otherwise than we do: better no order than one that nobody can book. */
function verifyTotals({ lines, shipping, totals }: PlaceOrder): Verdict {
  for (const line of lines) {
    const counted = lineTotals(line);
    if (counted.netAmount !== line.netAmount || counted.taxAmount !== line.taxAmount || counted.grossAmount !== line.grossAmount) return changed(`the amounts of ${line.sku} do not add up`, line.sku);
  }
  const sum = orderTotals(lines, shipping);
  const same = sum.netAmount === totals.netAmount && sum.taxAmount === totals.taxAmount && sum.grossAmount === totals.grossAmount;
  return same ? sound : changed('the totals of the order do not add up', null);
}
