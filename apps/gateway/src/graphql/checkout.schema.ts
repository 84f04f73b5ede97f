/** Carts and orders in the storefront's schema. What is refused comes back as data: a shopper can mend it. */
export const checkoutSchema = /* GraphQL */ `
extend type Query {
  "What a cart costs now, with a promise for each line. Made for whoever asks, at this moment: never cached."
  cartPreview(lines: [CartLineInput!]!, codes: [String!], "The market's first one unless given." shippingMethod: String): Cart!
  "For the customer who placed it, or with its token; null for everybody else."
  order(id: ID!, token: String): Order
}

type Mutation {
  "Accepted whatever is down behind the gateway; then it waits for a decision. The same key with the same input gives the same answer for ever."
  placeOrder(input: PlaceOrderInput!, "16 to 255 visible ASCII characters, such as a UUID." idempotencyKey: String!, "At most 10." waitSeconds: Int = 2): PlaceOrderPayload!
  "A request: whether it comes in time stands in the order. To ask again is to ask for the same."
  cancelOrder(id: ID!, token: String, reason: String, waitSeconds: Int = 2): CancelOrderPayload!
  "Pieces that have shipped and are to come back."
  requestReturn(id: ID!, token: String, lines: [PiecesInput!]!, reason: String, idempotencyKey: String!): RequestReturnPayload!
}

type Subscription {
  "The order now, and after each change. Over server-sent events: Accept: text/event-stream."
  order(id: ID!, token: String): Order!
}

input CartLineInput {
  sku: String!
  quantity: Int!
}

type Cart {
  market: String!
  currency: String!
  lines: [CartLine!]!
  "null where nothing is charged for it."
  shipping: CartShipping
  "Of all lines."
  discount: Money!
  codes: [CartCode!]!
  "Of the lines that have a price, and of shipping."
  totals: Amounts!
  "Whether each line has a promise: only then can the cart be ordered as it is."
  orderable: Boolean!
  "When the first of the promises ends (ISO 8601)."
  validUntil: String
}

type CartLine {
  sku: String!
  quantity: Int!
  "null when the line can't be ordered; then the issue says why."
  price: CartPrice
  availability: Availability
  "Too little stock is told and not decided: whoever reserves decides."
  issue: LineIssue
  "To be given back unchanged with an order."
  promise: String
}

type LineIssue {
  code: LineIssueCode!
  "Of NO_PRICE."
  reason: NoPriceReason
}

enum LineIssueCode {
  UNKNOWN_SKU
  NOT_SOLD
  NO_PRICE
  OUT_OF_STOCK
  NOT_ENOUGH_STOCK
}

type CartPrice {
  unit: Money!
  "What the unit price is compared with (struck through)."
  list: Money
  "Of the whole line."
  discount: Money!
  "Whether unit and discount hold the tax."
  taxMode: TaxMode!
  "In hundredths of a percent."
  taxRateBp: Int!
  "Ids of the promotions that lower it."
  promotions: [ID!]!
  net: Money!
  tax: Money!
  gross: Money!
}

type CartShipping {
  method: String!
  taxRateBp: Int!
  net: Money!
  tax: Money!
  gross: Money!
  promise: String!
}

type CartCode {
  code: String!
  "Whether a promotion with this code lowers the cart now."
  applied: Boolean!
}

type Amounts {
  net: Money!
  tax: Money!
  gross: Money!
}

input PlaceOrderInput {
  email: String!
  shippingAddress: AddressInput!
  "The shipping address unless given."
  billingAddress: AddressInput
  "Lines and promises of a preview in the same context."
  lines: [OrderLineInput!]!
  "Of the preview, where it has shipping."
  shippingPromise: String
  "As in the preview."
  codes: [String!]
  payment: PaymentInput!
  "What the shopper saw: an order that would cost anything else is not taken."
  expectedTotal: MoneyInput
}

input OrderLineInput {
  sku: String!
  quantity: Int!
  promise: String!
}

input PaymentInput {
  method: PaymentMethod!
  "With CARD: the payment provider's token."
  token: String
}

enum PaymentMethod {
  CARD
  INVOICE
}

input MoneyInput {
  minorUnits: String!
  currency: String!
}

input AddressInput {
  name: String!
  company: String
  street: String!
  street2: String
  postalCode: String!
  city: String!
  region: String
  "ISO 3166-1 alpha-2."
  country: String!
  phone: String
}

input PiecesInput {
  lineId: ID!
  quantity: Int!
}

type PlaceOrderPayload {
  "Also of an order that was rejected."
  order: Order
  "Shows this order to whoever has it."
  orderToken: String
  "With PRICE_CHANGED: the same cart at the prices of now, to be agreed to."
  cart: Cart
  "Whether this answer was given before."
  replayed: Boolean!
  userErrors: [PlaceOrderError!]!
}

type PlaceOrderError {
  code: PlaceOrderErrorCode!
  "Where in the arguments."
  field: [String!]
  message: String!
}

enum PlaceOrderErrorCode {
  GATEWAY_INPUT_REFUSED
  IDEMPOTENCY_KEY_REFUSED
  IDEMPOTENCY_MISMATCH
  "Ask again in a second."
  IDEMPOTENCY_IN_PROGRESS
  PROMISE_INVALID
  PRICE_CHANGED
  "The order says why; nothing is charged and no stock is held."
  ORDER_REJECTED
}

type CancelOrderPayload {
  order: Order
  userErrors: [CancelOrderError!]!
}

type CancelOrderError {
  code: CancelOrderErrorCode!
  field: [String!]
  message: String!
}

enum CancelOrderErrorCode {
  GATEWAY_INPUT_REFUSED
  ORDER_UNKNOWN
  ORDER_NOT_CANCELLABLE
}

type RequestReturnPayload {
  "null with errors; what becomes of it stands in the order."
  returnId: ID
  replayed: Boolean!
  userErrors: [RequestReturnError!]!
}

type RequestReturnError {
  code: RequestReturnErrorCode!
  field: [String!]
  message: String!
}

enum RequestReturnErrorCode {
  GATEWAY_INPUT_REFUSED
  IDEMPOTENCY_KEY_REFUSED
  IDEMPOTENCY_MISMATCH
  IDEMPOTENCY_IN_PROGRESS
  ORDER_UNKNOWN
  RETURN_REFUSED
}

type Order {
  id: ID!
  "Our order number, readable."
  number: String!
  status: OrderStatus!
  rejection: OrderRejection
  market: String!
  currency: String!
  placedAt: String!
  updatedAt: String!
  lines: [OrderLine!]!
  shipping: OrderShipping
  totals: Amounts!
  payment: OrderPayment!
  fulfilment: FulfilmentStatus!
  shipments: [Shipment!]!
  returns: [OrderReturn!]!
  "Grows with each change; 0 until the order service has taken the order up."
  revision: Float!
}

enum OrderStatus {
  "Undecided."
  ACCEPTED
  CONFIRMED
  REJECTED
  CANCELLED
  COMPLETED
}

type OrderRejection {
  "OUT_OF_STOCK, PAYMENT_DECLINED, …"
  code: String!
  message: String!
  sku: String
}

type OrderLine {
  lineId: ID!
  sku: String!
  quantity: Int!
  unit: Money!
  discount: Money!
  taxMode: TaxMode!
  taxRateBp: Int!
  promotions: [ID!]!
  net: Money!
  tax: Money!
  gross: Money!
  shippedQuantity: Int!
  cancelledQuantity: Int!
  returnedQuantity: Int!
}

type OrderShipping {
  method: String!
  taxRateBp: Int!
  net: Money!
  tax: Money!
  gross: Money!
}

type OrderPayment {
  status: PaymentStatus!
  authorized: Money!
  captured: Money!
  refunded: Money!
  "Where the shopper has to prove who they are (3-D Secure)."
  actionUrl: String
}

enum PaymentStatus {
  NONE
  PENDING
  REQUIRES_ACTION
  AUTHORIZED
  PARTIALLY_CAPTURED
  CAPTURED
  PARTIALLY_REFUNDED
  REFUNDED
  VOIDED
  FAILED
}

enum FulfilmentStatus {
  NONE
  PARTIALLY_SHIPPED
  SHIPPED
  DELIVERED
}

type Shipment {
  id: ID!
  status: ShipmentStatus!
  carrier: String
  trackingNumber: String
  shippedAt: String
  lines: [Pieces!]!
}

enum ShipmentStatus {
  SHIPPED
  DELIVERED
  CANCELLED
}

type OrderReturn {
  id: ID!
  status: ReturnStatus!
  "null until it is decided."
  refund: Money
  lines: [Pieces!]!
}

enum ReturnStatus {
  REQUESTED
  RECEIVED
  REFUNDED
  REFUSED
}

type Pieces {
  lineId: ID!
  quantity: Int!
}
`;
