/** The storefront's schema. Additive changes only: a field is deprecated, never renamed. */
export const schema = /* GraphQL */ `
"The context of a whole query. The same as the headers steward-market, steward-language, …; both must agree."
directive @inContext(market: String, language: String, currency: String, channel: String, customerGroup: String) on QUERY

type Query {
  "By product id or by a variant's SKU; null when there is no such product."
  product(sku: String!): Product
  "Products on sale in a stable order, at most 250 at once."
  products(first: Int = 20, after: String): ProductConnection!
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
  "The language really shown: the asked one, else its base language, en, or the first there is."
  language: String
  name: String!
  description: String
  slug: String
  seo: Seo!
  brand: String
  categoryIds: [ID!]!
  attributes: [Attribute!]!
  media: [Medium!]!
  "Empty when the product is its own SKU."
  variants: [Variant!]!
  "Of all SKUs together."
  availability: Availability!
  "Grows with each change of any part of the product."
  revision: Float!
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
  availability: Availability!
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
