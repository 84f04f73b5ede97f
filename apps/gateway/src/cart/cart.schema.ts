/** A priced cart in the storefront's schema. */
export const cartSchema = /* GraphQL */ `
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
`;
