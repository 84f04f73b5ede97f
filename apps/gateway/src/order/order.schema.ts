/** An order in the storefront's schema. */
export const orderSchema = /* GraphQL */ `
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

type OrderConnection {
  edges: [OrderEdge!]!
  nodes: [Order!]!
  pageInfo: PageInfo!
}

type OrderEdge {
  cursor: String!
  node: Order!
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
