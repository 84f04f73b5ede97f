/** The storefront's schema. Additive changes only: a field is deprecated, never renamed. */
export const schema = /* GraphQL */ `
"The context of a whole query. The same as the headers steward-market, steward-language, …; both must agree."
directive @inContext(market: String, language: String, currency: String, channel: String, customerGroup: String) on QUERY | MUTATION | SUBSCRIPTION

type Query {
  "By product id or by a variant's SKU; null when there is no such product."
  product(sku: String!): Product
  "Products on sale in a stable order, at most 250 at once. By category (with all that hang below it), words, attributes and availability."
  products(first: Int = 20, after: String, category: ID, search: String, filter: ProductFilter, sort: ProductSort): ProductConnection!
  "The top of the tree, with all that hangs below."
  categories: [Category!]!
  "null when there is no such category."
  category(id: ID!): Category
}

input ProductFilter {
  "All of them."
  attributes: [AttributeFilter!]
  "Any of them, as last told: an item on the list may say UNKNOWN where its feed is late."
  availability: [AvailabilityState!]
}

input AttributeFilter {
  name: String!
  "Any of them."
  values: [String!]!
}

enum ProductSort {
  "By product id, the default without a search."
  ID
  "In the language of the context."
  NAME
  "The lowest price of the product in the context's market, currency and group; without one it comes last."
  PRICE
  PRICE_DESC
  "The default of a search, and only for one."
  RELEVANCE
}

type Category {
  id: ID!
  language: String
  name: String!
  slug: String
  description: String
  seo: Seo!
  "From the top of the tree to this category."
  breadcrumbs: [Crumb!]!
  children: [Category!]!
  asOf: String
  stale: Boolean!
}

type Crumb {
  id: ID!
  name: String!
  slug: String
}

type ProductConnection {
  edges: [ProductEdge!]!
  nodes: [Product!]!
  pageInfo: PageInfo!
}

type ProductEdge {
  cursor: String!
  node: Product!
}

type PageInfo {
  hasNextPage: Boolean!
  hasPreviousPage: Boolean!
  startCursor: String
  endCursor: String
}

type Product {
  id: ID!
  "The product's own SKU: its id."
  sku: String!
  status: ProductStatus!
  "The language really shown: the asked one, else its base language, en, or the first by its tag."
  language: String
  name: String!
  description: String
  slug: String
  seo: Seo!
  brand: String
  categoryIds: [ID!]!
  "From the top of the tree to the product's main category."
  breadcrumbs: [Crumb!]!
  attributes: [Attribute!]!
  media: [Medium!]!
  "Empty when the product is its own SKU."
  variants: [Variant!]!
  "The lowest of its SKUs."
  price: Price!
  "Whether its SKUs differ in price."
  priceVaries: Boolean!
  "Of all SKUs together."
  availability: Availability!
  "schema.org's words for what this page shows: JSON text, safe inside a script element of type application/ld+json."
  jsonLd: String!
  "Grows with each change of any part of the product."
  revision: Float!
  "When the content changed last, as opposed to stock and prices (ISO 8601)."
  contentChangedAt: String!
  "How recent the catalogue's word on this product is."
  asOf: String
  "Past its freshness budget; still shown as last known."
  stale: Boolean!
}

enum ProductStatus {
  ACTIVE
  "Keeps its page for links and is not sold."
  ARCHIVED
}

type Seo {
  title: String
  description: String
}

type Attribute {
  name: String!
  values: [String!]!
}

type Medium {
  url: String!
  "image, video, document or other"
  kind: String!
  alt: String
}

type Variant {
  sku: String!
  gtin: String
  attributes: [Attribute!]!
  price: Price!
  availability: Availability!
}

"For one piece, in the context's market and currency, for its customer group."
type Price {
  "null when there is none: the reason says why."
  value: Money
  "What the value is compared with (struck through)."
  listValue: Money
  tax: TaxMode
  reason: NoPriceReason
  "The price list's entry that holds."
  entry: PriceEntry
  "Lower prices from a larger quantity on."
  tiers: [PriceTier!]!
  "The next moment at which time alone may change it (ISO 8601)."
  validUntil: String
  asOf: String
  "Past its freshness budget; still shown as last known."
  stale: Boolean!
}

type Money {
  "Integer of minor units, as text: no client's number can round it."
  minorUnits: String!
  "ISO 4217"
  currency: String!
  fractionDigits: Int!
  "Decimal number with exactly that many digits behind the point."
  amount: String!
}

enum TaxMode {
  INCLUDED
  EXCLUDED
}

enum NoPriceReason {
  NOT_IN_MARKET
  NOT_IN_CURRENCY
  NOT_FOR_GROUP
  NOT_FOR_QUANTITY
  NOT_NOW
  "Nothing was told of this SKU's price yet."
  UNKNOWN
}

type PriceEntry {
  id: ID!
  market: String!
  currency: String!
  customerGroup: String!
  minQuantity: Int!
  validFrom: String
  validTo: String
  revision: Float!
}

type PriceTier {
  minQuantity: Int!
  value: Money!
}

type Availability {
  state: AvailabilityState!
  "Sellable pieces over all locations; null when unknown, which is not zero."
  quantity: Int
  "When more is expected (ISO 8601)."
  expectedAt: String
  "Since when this is known to be true (ISO 8601)."
  asOf: String
  "Past its freshness budget: the state is then UNKNOWN."
  stale: Boolean!
}

enum AvailabilityState {
  IN_STOCK
  LOW_STOCK
  OUT_OF_STOCK
  BACKORDER
  UNKNOWN
}
`;
