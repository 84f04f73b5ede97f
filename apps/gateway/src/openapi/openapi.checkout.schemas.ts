import { reservationSchemas } from './openapi.reservation';
import { closed, instant, list, maybe, pageAnswer, ref, text } from './openapi.parts';

const open = (properties: Readonly<Record<string, object>>, required: readonly string[], description: string) => ({ type: 'object', required, additionalProperties: false, properties, description });
const sku = { ...text, minLength: 1, maxLength: 200 };
const quantity = { type: 'integer', minimum: 1, maximum: 1_000_000 };
const amounts = { net: ref('Money'), tax: ref('Money'), gross: ref('Money') };
const rate = { type: 'integer', description: 'Tax rate in hundredths of a percent.' };
const promise = { ...text, description: 'A signed price (JWS): to be given back unchanged with an order.' };

const address = open(
  { name: text, company: maybe(text), street: text, street2: maybe(text), postalCode: text, city: text, region: maybe(text), country: { ...text, pattern: '^[A-Z]{2}$' }, phone: maybe(text) },
  ['name', 'street', 'postalCode', 'city', 'country'],
  'Country as ISO 3166-1 alpha-2.',
);
const order = {
  id: text,
  number: { ...text, description: 'Our order number, readable.' },
  status: { enum: ['ACCEPTED', 'CONFIRMED', 'REJECTED', 'CANCELLED', 'COMPLETED'] },
  rejection: maybe(closed({ code: { ...text, description: 'OUT_OF_STOCK, PAYMENT_DECLINED, …' }, message: text, sku: maybe(text) })),
  market: text,
  currency: text,
  placedAt: instant,
  updatedAt: instant,
  lines: list(ref('OrderLine')),
  shipping: maybe(closed({ method: text, taxRateBp: rate, ...amounts })),
  totals: ref('Amounts'),
  payment: closed({
    status: { enum: ['NONE', 'PENDING', 'REQUIRES_ACTION', 'AUTHORIZED', 'PARTIALLY_CAPTURED', 'CAPTURED', 'PARTIALLY_REFUNDED', 'REFUNDED', 'VOIDED', 'FAILED'] },
    authorized: ref('Money'),
    captured: ref('Money'),
    refunded: ref('Money'),
    actionUrl: maybe(text, 'Where the shopper has to prove who they are (3-D Secure).'),
  }),
  fulfilment: closed({ status: { enum: ['NONE', 'PARTIALLY_SHIPPED', 'SHIPPED', 'DELIVERED'] } }),
  shipments: list(closed({ id: text, status: { enum: ['SHIPPED', 'DELIVERED', 'CANCELLED'] }, carrier: maybe(text), trackingNumber: maybe(text), shippedAt: maybe(instant), lines: list(ref('Pieces')) })),
  returns: list(closed({ id: text, status: { enum: ['REQUESTED', 'RECEIVED', 'REFUNDED', 'REFUSED'] }, refund: maybe(ref('Money')), lines: list(ref('Pieces')) })),
  progress: closed({ reserved: { type: 'boolean' }, authorized: { type: 'boolean' }, placed: { type: 'boolean' }, exported: { type: 'boolean' } }),
  revision: { type: 'number', description: 'Grows with each change; 0 until the order service has taken the order up.' },
};
const customerAddress = {
  addressId: text, isDefaultShipping: { type: 'boolean' }, isDefaultBilling: { type: 'boolean' }, name: text, company: maybe(text), street: text, street2: maybe(text), postalCode: text, city: text, region: maybe(text),
  country: text, phone: maybe(text),
};
const purpose = { enum: ['marketing-email', 'marketing-phone', 'profiling'] };
const account = {
  email: { ...text, format: 'email' },
  name: maybe(text),
  phone: maybe(text),
  language: maybe(text),
  addresses: list(open(customerAddress, ['name', 'street', 'postalCode', 'city', 'country'], 'A new one is given its id.')),
  consents: list(open({ purpose, granted: { type: 'boolean' }, source: maybe(text) }, ['purpose', 'granted'], 'Said now.')),
};
const problem = { type: text, title: text, status: { type: 'integer' }, code: text, detail: text, errors: { type: 'array' }, traceId: text };
const orderToken = { ...text, description: 'Shows this order to whoever has it (Steward-Order-Token).' };

/** What goes in is strict too: unknown fields, fields given twice, fractions and integers beyond 2^53 are refused. */
export const checkoutSchemas = {
  CartInput: open(
    {
      lines: { ...list(closed({ sku, quantity })), minItems: 1, maxItems: 200 },
      codes: maybe(list(text), 'Codes of promotions.'),
      shippingMethod: maybe(text, "The market's first one unless given."),
      reservation: maybe(ref('ReservationReference'), 'What the cart holds already: it is there for its shopper.'),
    },
    ['lines'],
    'What a shopper wants to buy. Market, currency and customer come with the request.',
  ),
  Amounts: closed(amounts),
  CartPrice: closed({
    unit: ref('Money'),
    list: maybe(ref('Money'), 'What the unit price is compared with (struck through).'),
    discount: { ...ref('Money'), description: 'Of the whole line.' },
    taxMode: { enum: ['INCLUDED', 'EXCLUDED'], description: 'Whether unit and discount hold the tax.' },
    taxRateBp: rate,
    promotions: list(text),
    entry: closed({ id: text, revision: { type: 'number' } }, "The price list's entry that holds."),
    ...amounts,
  }),
  LineIssue: closed({
    code: { enum: ['UNKNOWN_SKU', 'NOT_SOLD', 'NO_PRICE', 'OUT_OF_STOCK', 'NOT_ENOUGH_STOCK'] },
    reason: maybe({ enum: ['NOT_IN_MARKET', 'NOT_IN_CURRENCY', 'NOT_FOR_GROUP', 'NOT_FOR_QUANTITY', 'NOT_NOW'] }, 'Of NO_PRICE.'),
  }),
  CartLine: closed({
    sku: text,
    quantity: { type: 'integer' },
    price: maybe(ref('CartPrice'), 'null when the line can not be ordered; then `issue` says why.'),
    availability: maybe(ref('Availability')),
    issue: maybe(ref('LineIssue'), 'Too little stock is told and not decided: whoever reserves decides.'),
    promise: maybe(promise),
  }),
  CartShipping: closed({ method: text, taxRateBp: rate, ...amounts, promise }),
  PlaceOrderInput: open(
    {
      email: { ...text, format: 'email' },
      shippingAddress: ref('Address'),
      billingAddress: maybe(ref('Address'), 'The shipping address unless given.'),
      lines: { ...list(closed({ sku, quantity, promise })), minItems: 1, maxItems: 200 },
      shippingPromise: maybe(promise, 'Of the preview, where it has shipping.'),
      reservation: maybe(ref('ReservationReference'), 'What the cart holds already: the order takes it over.'),
      codes: maybe(list(text), 'As in the preview.'),
      payment: open({ method: { enum: ['card', 'invoice'] }, token: maybe(text, "With card: the payment provider's token.") }, ['method'], 'How it is paid.'),
      expectedTotal: maybe(closed({ minorUnits: text, currency: text }), 'What the shopper saw: an order that would cost anything else is not taken.'),
    },
    ['email', 'shippingAddress', 'lines', 'payment'],
    'Lines and promises of a preview in the same context.',
  ),
  ...reservationSchemas,
  Address: address,
  OrderLine: closed({
    lineId: text,
    sku: text,
    quantity: { type: 'integer' },
    unit: ref('Money'),
    discount: ref('Money'),
    taxMode: { enum: ['INCLUDED', 'EXCLUDED'] },
    taxRateBp: rate,
    promotions: list(text),
    ...amounts,
    shippedQuantity: { type: 'integer' },
    cancelledQuantity: { type: 'integer' },
    returnedQuantity: { type: 'integer' },
  }),
  Pieces: closed({ lineId: text, quantity: { type: 'integer' } }),
  CancelInput: open({ reason: maybe(text) }, [], 'In the words of whoever asks.'),
  CancelledOrder: closed({ order: ref('Order') }),
  ReturnInput: open({ lines: { ...list(closed({ lineId: text, quantity })), minItems: 1, maxItems: 200 }, reason: maybe(text) }, ['lines'], 'Pieces that are to come back.'),
  RequestedReturn: closed({ return: closed({ id: text, orderId: text, status: { const: 'REQUESTED' }, lines: list(ref('Pieces')) }) }),
  RegisterCustomerInput: open(account, ['email'], 'Who the customer is.'),
  UpdateCustomerInput: open(account, [], 'A field that is absent stays as it is, null clears it. Addresses come all together, consents are only those that change.'),
  Customer: closed({
    id: text, email: text, name: maybe(text), phone: maybe(text), language: maybe(text),
    addresses: list(closed(customerAddress)),
    consents: list(closed({ purpose, granted: { type: 'boolean' }, at: instant, source: text })),
    segments: list(closed({ id: text, name: text })),
    customerGroup: { ...text, description: 'As the CRM says; prices follow the group of the token.' },
    registeredAt: maybe(instant),
    revision: { type: 'number' },
  }),
  Account: closed({ customer: maybe(ref('Customer'), 'null until the CRM knows them.') }),
  Order: closed(order),
  OwnOrder: open({ ...order, contact: maybe(closed({ email: text, shippingAddress: ref('Address') }), 'For the customer who has signed in only.') }, Object.keys(order), 'An order for whoever may see it.'),
  OrderList: closed({ items: list(ref('Order')), page: pageAnswer }),
  PlacedOrder: closed({ order: ref('Order'), orderToken }),
  OrderProblem: open({ ...problem, order: ref('Order'), orderToken, cart: ref('Cart') }, Object.keys(problem), 'A problem with what it is about.'),
  Cart: closed({
    market: text,
    currency: text,
    lines: list(ref('CartLine')),
    shipping: maybe(ref('CartShipping'), 'null where nothing is charged for it.'),
    discount: ref('Money'),
    codes: list(closed({ code: text, applied: { type: 'boolean', description: 'Whether a promotion with this code lowers the cart now.' } })),
    totals: ref('Amounts'),
    orderable: { type: 'boolean', description: 'Whether each line has a promise.' },
    validUntil: maybe(instant, 'When the first of the promises ends.'),
  }),
} as const;
