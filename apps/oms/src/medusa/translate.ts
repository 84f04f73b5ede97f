/**
 * An order in Medusa's words. Medusa computes with 20 digits and rounds nothing, so what is promised in whole minor units has to come
 * out of its arithmetic:
 * 1. Prices that hold their tax stay such prices: the gross amount of a line is then exact, and its tax is Medusa's, unrounded.
 * 2. Where tax is added, it is added in fractions of a minor unit. What that is off from the promised amount is taken off again as an
 *    adjustment of the line, named `rounding`.
 * 3. What was promised of net, tax and gross stands in the metadata besides, for whoever books it.
 */
import { fractionDigitsOf, toMoney } from '@steward/commerce';
import type { KeptLine, KeptOrder } from '../saga/saga';

type Address = KeptOrder['shippingAddress'];
type Amounts = KeptOrder['totals'];

export function toMedusaOrder(order: KeptOrder, salesChannel: string | undefined) {
  const { orderId, number, acceptedAt, market, currency, language, customerId, email, shippingAddress, billingAddress, lines, shipping, totals } = order;
  return {
    number,
    /** Medusa's plugin holds its own sum against it before it makes the order. */
    total: amountOf(totals.grossAmount, currency),
    ...(salesChannel === undefined ? {} : { sales_channel_id: salesChannel }),
    order: {
      currency_code: currency.toLowerCase(),
      locale: language,
      email,
      shipping_address: toAddress(shippingAddress),
      billing_address: toAddress(billingAddress ?? shippingAddress),
      items: lines.map((line) => toItem(line, currency)),
      shipping_methods: shipping === null ? [] : [toShipping(shipping, currency)],
      metadata: { steward_number: number, steward_order_id: orderId, ordered_at: acceptedAt, market, customer_id: customerId, ...promised(totals, currency) },
    },
  };
}

function toItem(line: KeptLine, currency: string) {
  const { lineId, sku, quantity, unitAmount, taxMode, priceId, priceRevision, promotionIds } = line;
  return {
    // No variant: Medusa would ask its own stock for it, and ours is the ERP's.
    title: sku,
    variant_sku: sku,
    quantity,
    unit_price: amountOf(unitAmount, currency),
    is_tax_inclusive: taxMode === 'included',
    is_custom_price: true,
    is_discountable: false,
    requires_shipping: true,
    tax_lines: [toTaxLine(line.taxRateBp)],
    adjustments: toAdjustments(line, currency),
    metadata: { line_id: lineId, price_id: priceId, price_revision: priceRevision, promotion_ids: promotionIds, ...promised(line, currency) },
  };
}

function toAdjustments(line: KeptLine, currency: string) {
  const { discountAmount, taxMode, promotionIds } = line;
  const excess = excessOf(line);
  return [
    ...(discountAmount === 0 ? [] : [{ code: promotionIds.join(' + ') || 'discount', amount: amountOf(discountAmount, currency), is_tax_inclusive: taxMode === 'included' }]),
    ...(excess === 0n ? [] : [{ code: 'rounding', amount: decimal(excess, fractionDigitsOf(currency) + 4), is_tax_inclusive: true }]),
  ];
}

/** By how much the unrounded gross amount is above the promised one, in ten-thousandths of a minor unit. */
function excessOf({ taxMode, netAmount, grossAmount, taxRateBp }: KeptLine): bigint {
  return taxMode === 'included' ? 0n : BigInt(netAmount) * BigInt(10_000 + taxRateBp) - BigInt(grossAmount) * 10_000n;
}

function toShipping({ method, grossAmount, taxRateBp }: NonNullable<KeptOrder['shipping']>, currency: string) {
  return { name: method, amount: amountOf(grossAmount, currency), is_tax_inclusive: true, is_custom_amount: true, tax_lines: [toTaxLine(taxRateBp)] };
}

const toTaxLine = (basisPoints: number) => ({ code: 'tax', rate: decimal(BigInt(basisPoints), 2) });

const promised = ({ netAmount, taxAmount, grossAmount }: Amounts, currency: string) => ({
  net_amount: amountOf(netAmount, currency),
  tax_amount: amountOf(taxAmount, currency),
  gross_amount: amountOf(grossAmount, currency),
});

/** Medusa has two fields for a name that is one: the last word is the last name. */
function toAddress({ name, company, street, street2, postalCode, city, region, country, phone }: Address) {
  const words = name.trim().split(/\s+/);
  return {
    first_name: words.slice(0, -1).join(' ') || null,
    last_name: words.at(-1) ?? name,
    company: company ?? null,
    address_1: street,
    address_2: street2 ?? null,
    postal_code: postalCode,
    city,
    province: region ?? null,
    country_code: country.toLowerCase(),
    phone: phone ?? null,
  };
}

const amountOf = (minorUnits: number, currency: string): string => toMoney(minorUnits, currency).amount;

/** As text, the point set before the last `digits` figures: no float in between. */
function decimal(units: bigint, digits: number): string {
  const figures = (units < 0n ? -units : units).toString().padStart(digits + 1, '0');
  return `${units < 0n ? '-' : ''}${figures.slice(0, -digits)}.${figures.slice(-digits)}`;
}
