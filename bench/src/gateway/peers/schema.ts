// The part of the storefront's schema that the page asks for, and its resolver over composed documents in memory: what the
// gateway has before it, given to the peers.

export type View = Readonly<Record<string, unknown>>;

export const typeDefs = /* GraphQL */ `
  type Query { product(sku: String!): Product }
  type Product {
    id: ID!
    name: String!
    description: String
    slug: String
    brand: String
    breadcrumbs: [Crumb!]!
    media: [Medium!]!
    variants: [Variant!]!
    price: Price!
    priceVaries: Boolean!
    availability: Availability!
    asOf: String
    stale: Boolean!
  }
  type Variant { sku: String!, price: Price!, availability: Availability! }
  type Crumb { id: ID!, name: String!, slug: String }
  type Medium { url: String!, kind: String!, alt: String }
  type Price { value: Money, listValue: Money, tax: TaxMode, validUntil: String, asOf: String, stale: Boolean! }
  type Money { minorUnits: String!, currency: String!, fractionDigits: Int!, amount: String! }
  type Availability { state: AvailabilityState!, quantity: Int, expectedAt: String, asOf: String, stale: Boolean! }
  enum TaxMode { INCLUDED EXCLUDED }
  enum AvailabilityState { IN_STOCK LOW_STOCK OUT_OF_STOCK BACKORDER UNKNOWN }
`;

export const resolversOver = (views: ReadonlyMap<string, View>) => ({ Query: { product: (_root: unknown, { sku }: { sku: string }) => views.get(sku) ?? null } });
