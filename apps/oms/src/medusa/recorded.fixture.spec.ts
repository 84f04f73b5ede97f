/**
 * What Medusa 2.21.2 with our plugin has answered, as it answered it; of its order only what is compared. The order has what makes
 * amounts hard: a discount on prices that hold their tax, and tax that comes to fractions of a cent above and below.
 */
import type { KeptOrder } from '../saga/saga';

const address = { name: 'Ada Maria Example', company: null, street: 'Am Kai 1', street2: 'Hof', postalCode: '20457', city: 'Hamburg', region: null, country: 'DE', phone: '+49 40 1' };

export const order: KeptOrder = {
  orderId: 'O-1', number: 'W-10000001', acceptedAt: '2026-11-24T10:00:00.000Z', market: 'eu', currency: 'EUR', language: 'de', customerId: 'C-1', customerGroup: 'public',
  email: 'ada@example.com', shippingAddress: address, billingAddress: null,
  lines: [
    { lineId: '1', sku: 'CAP', quantity: 3, unitAmount: 1_999, discountAmount: 600, taxRateBp: 1_900, taxMode: 'included', netAmount: 4_535, taxAmount: 862, grossAmount: 5_397, priceId: 'P1', priceRevision: 7, promotionIds: ['SUMMER'] },
    { lineId: '2', sku: 'BOOK', quantity: 2, unitAmount: 840, discountAmount: 0, taxRateBp: 700, taxMode: 'excluded', netAmount: 1_680, taxAmount: 118, grossAmount: 1_798, priceId: 'P2', priceRevision: 1, promotionIds: [] },
    { lineId: '3', sku: 'PEN', quantity: 1, unitAmount: 3, discountAmount: 0, taxRateBp: 1_900, taxMode: 'excluded', netAmount: 3, taxAmount: 1, grossAmount: 4, priceId: 'P3', priceRevision: 1, promotionIds: [] },
  ],
  shipping: { method: 'standard', netAmount: 412, taxAmount: 78, grossAmount: 490, taxRateBp: 1_900 },
  totals: { netAmount: 6_630, taxAmount: 1_059, grossAmount: 7_689 },
};

/** The body of the request that was answered so. */
export const request = {
  number: 'W-10000001',
  total: '76.89',
  order: {
    currency_code: 'eur', locale: 'de', email: 'ada@example.com',
    shipping_address: { first_name: 'Ada Maria', last_name: 'Example', company: null, address_1: 'Am Kai 1', address_2: 'Hof', postal_code: '20457', city: 'Hamburg', province: null, country_code: 'de', phone: '+49 40 1' },
    billing_address: { first_name: 'Ada Maria', last_name: 'Example', company: null, address_1: 'Am Kai 1', address_2: 'Hof', postal_code: '20457', city: 'Hamburg', province: null, country_code: 'de', phone: '+49 40 1' },
    items: [
      {
        title: 'CAP', variant_sku: 'CAP', quantity: 3, unit_price: '19.99', is_tax_inclusive: true, is_custom_price: true, is_discountable: false, requires_shipping: true, tax_lines: [{ code: 'tax', rate: '19.00' }],
        adjustments: [{ code: 'SUMMER', amount: '6.00', is_tax_inclusive: true }],
        metadata: { line_id: '1', price_id: 'P1', price_revision: 7, promotion_ids: ['SUMMER'], net_amount: '45.35', tax_amount: '8.62', gross_amount: '53.97' },
      },
      {
        title: 'BOOK', variant_sku: 'BOOK', quantity: 2, unit_price: '8.40', is_tax_inclusive: false, is_custom_price: true, is_discountable: false, requires_shipping: true, tax_lines: [{ code: 'tax', rate: '7.00' }],
        adjustments: [{ code: 'rounding', amount: '-0.004000', is_tax_inclusive: true }],
        metadata: { line_id: '2', price_id: 'P2', price_revision: 1, promotion_ids: [], net_amount: '16.80', tax_amount: '1.18', gross_amount: '17.98' },
      },
      {
        title: 'PEN', variant_sku: 'PEN', quantity: 1, unit_price: '0.03', is_tax_inclusive: false, is_custom_price: true, is_discountable: false, requires_shipping: true, tax_lines: [{ code: 'tax', rate: '19.00' }],
        adjustments: [{ code: 'rounding', amount: '-0.004300', is_tax_inclusive: true }],
        metadata: { line_id: '3', price_id: 'P3', price_revision: 1, promotion_ids: [], net_amount: '0.03', tax_amount: '0.01', gross_amount: '0.04' },
      },
    ],
    shipping_methods: [{ name: 'standard', amount: '4.90', is_tax_inclusive: true, is_custom_amount: true, tax_lines: [{ code: 'tax', rate: '19.00' }] }],
    metadata: { steward_number: 'W-10000001', steward_order_id: 'O-1', ordered_at: '2026-11-24T10:00:00.000Z', market: 'eu', customer_id: 'C-1', net_amount: '66.30', tax_amount: '10.59', gross_amount: '76.89' },
  },
};

/** The order as Medusa's own interface shows it afterwards. */
export const shown = {
  custom_display_id: 'W-10000001', status: 'pending', currency_code: 'eur', total: 76.89, tax_total: 10.582060001570722, shipping_total: 4.9,
  items: [
    { variant_sku: 'CAP', unit_price: 19.99, quantity: 3, total: 53.97, tax_total: 8.617058823529412 },
    { variant_sku: 'BOOK', unit_price: 8.4, quantity: 2, total: 17.98, tax_total: 1.1762616822429905 },
    { variant_sku: 'PEN', unit_price: 0.03, quantity: 1, total: 0.04, tax_total: 0.006386554621848739 },
  ],
};

const placed = { id: 'order_01M8G0V7SFB05EHY77YZWN0J3C', number: 'W-10000001', steward_order_id: 'O-1', status: 'pending', total: 76.89, currency_code: 'eur' };

/** Status and body. */
export const answers = {
  placed: [200, { order: placed }],
  found: [200, { orders: [placed] }],
  foundCancelled: [200, { orders: [{ ...placed, status: 'canceled' }] }],
  none: [200, { orders: [] }],
  numberTaken: [422, { type: 'number_taken', message: 'W-10000001 is another order' }],
  otherTotal: [400, { type: 'not_allowed', message: 'it comes to 49.900000000000000000 and was promised for 1.00' }],
  noRegion: [400, { type: 'not_allowed', message: 'no region sells to fr in eur' }],
  wrongKey: [401, { message: 'Unauthorized' }],
  notConfigured: [404, { type: 'not_installed', message: "give Medusa's order module the option generateCustomDisplayId: require('medusa-plugin-steward/order-number').orderNumber" }],
  noPlugin: [404, '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Error</title>\n</head>\n<body>\n<pre>Cannot POST /admin/steward/orders</pre>\n</body>\n</html>\n'],
  atWork: [409, { code: 'invalid_state_error', type: 'conflict', message: 'The request conflicted with another request. You may retry the request with the provided Idempotency-Key.' }],
  broken: [500, { code: 'unknown_error', type: 'unknown_error', message: 'An unknown error occurred.' }],
  open: [200, { order: { id: placed.id, status: 'pending', version: 1, payment_collections: [], fulfillments: [], payment_status: 'not_paid', fulfillment_status: 'not_fulfilled' } }],
  cancelled: [200, { order: { id: placed.id, status: 'canceled', version: 2, payment_status: 'not_paid', fulfillment_status: 'not_fulfilled' } }],
  cancelledBefore: [400, { type: 'invalid_data', message: `Order with id ${placed.id} has been canceled.` }],
  beingPacked: [400, { type: 'not_allowed', message: 'All fulfillments must be canceled before canceling an order' }],
  unknown: [404, { type: 'not_found', message: 'Order id not found: order_none' }],
} as const satisfies Record<string, readonly [number, unknown]>;

export type Recorded = keyof typeof answers;
