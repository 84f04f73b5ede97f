/** Stock that is held for a cart, in the storefront's schema. */
export const reservationSchema = /* GraphQL */ `
extend type Query {
  "For whoever has asked for it, or with its token; null for everybody else."
  reservation(id: ID!, token: String): Reservation
}

extend type Mutation {
  "Holds stock for a cart, all lines or none. Nobody has to: an order without it is reserved for as well. The same key with the same input gives the same answer for ever."
  reserveCart(lines: [CartLineInput!]!, "As long as the shop allows unless given." holdSeconds: Int, "16 to 255 visible ASCII characters, such as a UUID." idempotencyKey: String!, "At most 10." waitSeconds: Int = 2): ReserveCartPayload!
  "Gives it back before its time is over."
  releaseReservation(id: ID!, token: String): ReleaseReservationPayload!
}

type Reservation {
  id: ID!
  status: ReservationStatus!
  "Until when it is held, or would have been (ISO 8601)."
  expiresAt: String!
  lines: [ReservationLine!]!
  "The order that has taken it over."
  orderId: ID
}

enum ReservationStatus {
  "Nobody has answered yet; ask again."
  PENDING
  HELD
  "Nothing is held: the lines say how much there is."
  REFUSED
  ORDERED
  RELEASED
  EXPIRED
}

type ReservationLine {
  sku: String!
  quantity: Int!
  "Of a line that is short: how much of its SKU there was."
  available: Int
}

type ReserveCartPayload {
  "Also of one that was refused."
  reservation: Reservation
  "Shows this reservation to whoever has it, and lets them order with it."
  reservationToken: String
  "Whether this answer was given before."
  replayed: Boolean!
  userErrors: [ReserveCartError!]!
}

type ReserveCartError {
  code: ReserveCartErrorCode!
  "Where in the arguments."
  field: [String!]
  message: String!
}

enum ReserveCartErrorCode {
  GATEWAY_INPUT_REFUSED
  IDEMPOTENCY_KEY_REFUSED
  IDEMPOTENCY_MISMATCH
  "Ask again in a second."
  IDEMPOTENCY_IN_PROGRESS
  OUT_OF_STOCK
  "The token is of a customer who was erased."
  CUSTOMER_ERASED
}

type ReleaseReservationPayload {
  reservation: Reservation
  userErrors: [ReleaseReservationError!]!
}

type ReleaseReservationError {
  code: ReleaseReservationErrorCode!
  field: [String!]
  message: String!
}

enum ReleaseReservationErrorCode {
  RESERVATION_UNKNOWN
  RESERVATION_ORDERED
}
`;
