import { toMoney } from '@steward/commerce';
import type { KeptOrder } from '../saga/saga';

type Address = KeptOrder['shippingAddress'];

/** An order in the words of the sandbox's OMS: amounts as decimal text, discounts taken off in the sum of the line. */
export function toSandboxOrder({ number, acceptedAt, market, currency, customerId, email, shippingAddress, billingAddress, lines, shipping, totals }: KeptOrder) {
  const amount = (minorUnits: number): string => toMoney(minorUnits, currency).amount;
  return {
    reference: number,
    orderedAt: acceptedAt,
    shop: market,
    currency,
    account: customerId,
    mail: email,
    deliverTo: toAddress(shippingAddress),
    invoiceTo: billingAddress === null ? null : toAddress(billingAddress),
    positions: lines.map((line) => ({
      line: line.lineId,
      article: line.sku,
      pieces: line.quantity,
      unitPrice: amount(line.unitAmount),
      discount: amount(line.discountAmount),
      taxPercent: toPercent(line.taxRateBp),
      sum: amount(line.grossAmount),
    })),
    freight: amount(shipping?.grossAmount ?? 0),
    total: amount(totals.grossAmount),
  };
}

function toAddress({ name, company, street, street2, postalCode, city, region, country, phone }: Address) {
  return { recipient: name, firm: company ?? null, line1: street, line2: street2 ?? null, zip: postalCode, town: city, province: region ?? null, nation: country, phone: phone ?? null };
}

/** 1900 → "19.00": hundredths of a percent, without a float in between. */
function toPercent(basisPoints: number): string {
  return `${Math.trunc(basisPoints / 100)}.${String(basisPoints % 100).padStart(2, '0')}`;
}
