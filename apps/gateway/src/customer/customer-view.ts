import type { Customer } from '@steward/contracts';
import type { FoundCustomer } from './customers.queries';

export interface CustomerView {
  id: string;
  email: string;
  name: string | null;
  phone: string | null;
  language: string | null;
  addresses: Customer['addresses'];
  consents: { purpose: string; granted: boolean; at: string; source: string }[];
  segments: { id: string; name: string }[];
  /** As the CRM says; prices follow the group of the token. */
  customerGroup: string;
  registeredAt: string | null;
  /** Grows with each change. */
  revision: number;
}

export function toCustomerView({ data, revision, segments }: FoundCustomer): CustomerView {
  const { customerId, email, name, phone, language, consents, customerGroup, registeredAt } = data;
  return {
    id: customerId,
    email,
    name,
    phone,
    language,
    addresses: data.addresses.map(({ addressId, isDefaultShipping, isDefaultBilling, name: of, company = null, street, street2 = null, postalCode, city, region = null, country, phone: number = null }) => ({
      addressId, isDefaultShipping, isDefaultBilling, name: of, company, street, street2, postalCode, city, region, country, phone: number,
    })),
    consents: consents.map(({ purpose, granted, at, source }) => ({ purpose, granted, at, source })),
    segments: segments.map(({ id, name: called }) => ({ id, name: called })),
    customerGroup,
    registeredAt,
    revision,
  };
}
