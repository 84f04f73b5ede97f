import type { PlaceOrder } from '@steward/contracts';

const address = { name: 'Ada Example', street: 'Am Kai 1', postalCode: '20457', city: 'Hamburg', country: 'DE' };

export interface OrderShape {
  readonly lines?: readonly { readonly quantity: number; readonly grossAmount: number }[];
  readonly shipping?: number;
  readonly method?: 'card' | 'invoice';
}

/** An order whose totals are the sum of its lines; nobody here looks at prices. */
export function orderOf({ lines = [{ quantity: 2, grossAmount: 1_999 }], shipping = 0, method = 'card' }: OrderShape = {}, orderId = 'O-1'): PlaceOrder {
  const grossAmount = lines.reduce((sum, line) => sum + line.grossAmount, shipping);
  return {
    orderId,
    number: 'W-10000001',
    acceptedAt: '2026-11-24T10:00:00.000Z',
    market: 'eu',
    currency: 'EUR',
    language: 'de',
    customerId: 'C-1',
    customerGroup: 'default',
    email: 'ada@example.com',
    shippingAddress: address,
    billingAddress: null,
    lines: lines.map((line, index) => ({
      lineId: `L${index + 1}`,
      sku: `SKU-${index + 1}`,
      quantity: line.quantity,
      unitAmount: Math.ceil(line.grossAmount / line.quantity),
      discountAmount: 0,
      taxRateBp: 1_900,
      taxMode: 'included',
      netAmount: line.grossAmount,
      taxAmount: 0,
      grossAmount: line.grossAmount,
      priceId: `P${index + 1}`,
      priceRevision: 1,
      promotionIds: [],
      promise: 'a.b.c',
    })),
    shipping: shipping === 0 ? null : { method: 'parcel', netAmount: shipping, taxAmount: 0, grossAmount: shipping, taxRateBp: 1_900 },
    totals: { netAmount: grossAmount, taxAmount: 0, grossAmount },
    payment: { method, paymentMethodToken: method === 'card' ? 'pm_card_visa' : null },
    idempotencyHash: 'h',
  };
}
