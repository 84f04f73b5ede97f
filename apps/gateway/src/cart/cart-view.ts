/** A priced cart as a storefront sees it. */
import { toMoney, type Amounts, type Money } from '@steward/commerce';
import type { AvailabilityView } from '../product/product-view';
import type { LineIssue, Quote, QuotedLine, QuotedShipping } from './quote';

export interface AmountsView {
  net: Money;
  tax: Money;
  gross: Money;
}

interface CartLineView {
  sku: string;
  quantity: number;
  /** null when the line can't be ordered; then `issue` says why. */
  price: CartPriceView | null;
  availability: AvailabilityView | null;
  issue: LineIssue | null;
  /** What an order gives back unchanged: the signed price of this line in this quantity. */
  promise: string | null;
}

interface CartPriceView extends AmountsView {
  unit: Money;
  /** What the unit price is compared with (struck through). */
  list: Money | null;
  /** Of the whole line. */
  discount: Money;
  taxMode: 'INCLUDED' | 'EXCLUDED';
  /** In hundredths of a percent. */
  taxRateBp: number;
  promotions: string[];
  entry: { id: string; revision: number };
}

interface ShippingView extends AmountsView {
  method: string;
  taxRateBp: number;
  promise: string;
}

export interface CartView {
  currency: string;
  market: string;
  lines: CartLineView[];
  shipping: ShippingView | null;
  /** Of all lines. */
  discount: Money;
  /** The asked ones, and whether a promotion with this code lowers the cart now. */
  codes: { code: string; applied: boolean }[];
  totals: AmountsView;
  /** Whether each line has a promise: only then can the cart be ordered as it is. */
  orderable: boolean;
  /** When the first of the promises ends. */
  validUntil: string | null;
}

/** The promises of a quote, in the order of its lines. */
export interface Promised {
  readonly lines: readonly (string | null)[];
  readonly shipping: string | null;
  /** Epoch ms. */
  readonly validUntil: number | null;
}

export function toCartView({ lines, shipping, codes, totals }: Quote, promised: Promised, { market, currency }: { market: string; currency: string }): CartView {
  return {
    market,
    currency,
    lines: lines.map((line, index) => lineView(line, promised.lines[index] ?? null, currency)),
    shipping: shipping === null || promised.shipping === null ? null : shippingView(shipping, promised.shipping, currency),
    discount: toMoney(lines.reduce((sum, { price }) => sum + (price?.discountAmount ?? 0), 0), currency),
    codes: [...codes],
    totals: amountsView(totals, currency),
    orderable: promised.lines.every((promise) => promise !== null),
    validUntil: promised.validUntil === null ? null : new Date(promised.validUntil).toISOString(),
  };
}

function lineView({ sku, quantity, price, availability, issue }: QuotedLine, promise: string | null, currency: string): CartLineView {
  return {
    sku,
    quantity,
    price:
      price === null
        ? null
        : {
            unit: toMoney(price.unitAmount, currency),
            list: price.listAmount === null ? null : toMoney(price.listAmount, currency),
            discount: toMoney(price.discountAmount, currency),
            taxMode: price.taxMode === 'included' ? 'INCLUDED' : 'EXCLUDED',
            taxRateBp: price.taxRateBp,
            promotions: [...price.promotionIds],
            entry: { id: price.priceId, revision: price.priceRevision },
            ...amountsView(price, currency),
          },
    availability,
    issue,
    promise,
  };
}

function shippingView({ method, taxRateBp, ...amounts }: QuotedShipping, promise: string, currency: string): ShippingView {
  return { method, taxRateBp, ...amountsView(amounts, currency), promise };
}

export function amountsView({ netAmount, taxAmount, grossAmount }: Amounts, currency: string): AmountsView {
  return { net: toMoney(netAmount, currency), tax: toMoney(taxAmount, currency), gross: toMoney(grossAmount, currency) };
}
