/** What is done with carts and orders in the storefront's schema. What is refused comes back as data: a shopper can mend it. */
export const checkoutSchema = /* GraphQL */ `
extend type Query {
  "What a cart costs now, with a promise for each line. Made for whoever asks, at this moment: never cached."
  cartPreview(lines: [CartLineInput!]!, codes: [String!], "The market's first one unless given." shippingMethod: String, "What the cart holds already: it is there for its shopper." reservation: ReservationInput): Cart!
  "For the customer who placed it, or with its token; null for everybody else."
  order(id: ID!, token: String): Order
  "Of the customer who has signed in, the newest first, at most 250 at once."
  orders(first: Int = 20, after: String): OrderConnection!
}

type Mutation {
  "Accepted whatever is down behind the gateway; then it waits for a decision. The same key with the same input gives the same answer for ever."
  placeOrder(input: PlaceOrderInput!, "16 to 255 visible ASCII characters, such as a UUID." idempotencyKey: String!, "At most 10." waitSeconds: Int = 2): PlaceOrderPayload!
  "A request: whether it comes in time stands in the order. To ask again is to ask for the same."
  cancelOrder(id: ID!, token: String, reason: String, waitSeconds: Int = 2): CancelOrderPayload!
  "Pieces that have shipped and are to come back. The same key with the same input gives the same answer for ever."
  requestReturn(id: ID!, token: String, lines: [PiecesInput!]!, reason: String, "16 to 255 visible ASCII characters, such as a UUID." idempotencyKey: String!): RequestReturnPayload!
}

type Subscription {
  "The order now, and after each change. Over server-sent events: Accept: text/event-stream."
  order(id: ID!, token: String): Order!
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
  "What the shopper's cart holds already: the order takes it over."
  reservation: ReservationInput
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

input ReservationInput {
  id: ID!
  "Of the answer to reserveCart; a customer's own needs none."
  token: String
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
  "Another order has taken the reservation over."
  RESERVATION_ORDERED
  "The token is of a customer who was erased."
  CUSTOMER_ERASED
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
  "Ask again in a second."
  IDEMPOTENCY_IN_PROGRESS
  ORDER_UNKNOWN
  RETURN_REFUSED
}
`;
