/** Customers in the storefront's schema: everybody their own account, and whose it is says the token. */
export const customerSchema = /* GraphQL */ `
extend type Query {
  "Whoever has signed in; null when nothing is known of them yet."
  customer: Customer
}

extend type Mutation {
  "A request: what the CRM makes of it is the customer. The same again is the same."
  registerCustomer(input: RegisterCustomerInput!, waitSeconds: Int = 2): CustomerPayload!
  "A field that is absent stays as it is, null clears it. Addresses come all together, consents are only those that change."
  updateCustomer(input: UpdateCustomerInput!, waitSeconds: Int = 2): CustomerPayload!
  "Forget me: done when nothing is known of the customer any more."
  eraseCustomer(waitSeconds: Int = 2): CustomerPayload!
}

input RegisterCustomerInput {
  email: String!
  name: String
  phone: String
  "BCP 47"
  language: String
  addresses: [CustomerAddressInput!]
  consents: [ConsentInput!]
}

input UpdateCustomerInput {
  email: String
  name: String
  phone: String
  language: String
  addresses: [CustomerAddressInput!]
  consents: [ConsentInput!]
}

input CustomerAddressInput {
  "Of an address that is known; a new one is given its own."
  addressId: ID
  isDefaultShipping: Boolean
  isDefaultBilling: Boolean
  name: String!
  company: String
  street: String!
  street2: String
  postalCode: String!
  city: String!
  region: String
  country: String!
  phone: String
}

input ConsentInput {
  purpose: ConsentPurpose!
  granted: Boolean!
  "Where it was said; the account unless given."
  source: String
}

enum ConsentPurpose {
  MARKETING_EMAIL
  MARKETING_PHONE
  PROFILING
}

type CustomerPayload {
  "As they are known now."
  customer: Customer
  "Whether the CRM has answered."
  done: Boolean!
  userErrors: [CustomerError!]!
}

type CustomerError {
  code: CustomerErrorCode!
  field: [String!]
  message: String!
}

enum CustomerErrorCode {
  GATEWAY_INPUT_REFUSED
}

type Customer {
  id: ID!
  email: String!
  name: String
  phone: String
  language: String
  addresses: [CustomerAddress!]!
  consents: [Consent!]!
  segments: [Segment!]!
  "As the CRM says; prices follow the group of the token."
  customerGroup: String!
  registeredAt: String
  revision: Float!
}

type CustomerAddress {
  addressId: ID!
  isDefaultShipping: Boolean!
  isDefaultBilling: Boolean!
  name: String!
  company: String
  street: String!
  street2: String
  postalCode: String!
  city: String!
  region: String
  country: String!
  phone: String
}

type Consent {
  purpose: ConsentPurpose!
  granted: Boolean!
  at: String!
  source: String!
}

type Segment {
  id: ID!
  name: String!
}
`;
