/** Between the sandbox CRM's words and the contracts'. Objects are built in a fixed order: the hash is taken from their text. */
import type { Customer, Segment } from '@steward/contracts';
import { type Consent, everybody, newestConsents } from '../customer/consents';
import type { CustomerChange, Registration } from '../customer/customer-records';
import type { SandboxCustomer, SandboxCustomerBody, SandboxPermission, SandboxSegment } from './sandbox.wire';

type Address = Customer['addresses'][number];
type Postal = SandboxCustomer['postals'][number];

const purposes = { newsletter: 'marketing-email', calls: 'marketing-phone', profiling: 'profiling' } as const;
const topics = { 'marketing-email': 'newsletter', 'marketing-phone': 'calls', profiling: 'profiling' } as const;

export function toCustomer(record: SandboxCustomer): Customer {
  return {
    customerId: record.id,
    email: record.mail,
    name: record.fullName,
    phone: record.phone,
    language: record.tongue,
    addresses: record.postals.map(toAddress),
    consents: newestConsents(record.permissions.map(toConsent)),
    segmentIds: [...new Set(record.segments)].sort(),
    customerGroup: record.priceGroup ?? everybody,
    registeredAt: record.since,
    mergedInto: record.mergedInto,
  };
}

export const toSegment = ({ id, title, priceGroup }: SandboxSegment): Segment => ({ id, name: title, customerGroup: priceGroup });

export const toConsent = ({ topic, granted, at, origin }: SandboxPermission): Consent => ({ purpose: purposes[topic], granted, at, source: origin });

export const toPermission = ({ purpose, granted, at, source }: Consent): SandboxPermission => ({ topic: topics[purpose], granted, at, origin: source });

export function toNewCustomer(customer: Registration): SandboxCustomerBody {
  return {
    mail: customer.email,
    fullName: customer.name,
    phone: customer.phone,
    tongue: toTongue(customer.language),
    postals: customer.addresses.map(toPostal),
    permissions: newestConsents(customer.consents).map(toPermission),
    since: customer.requestedAt,
  };
}

/** What the change says and nothing else; consents need those that are there and are the client's. */
export function toChangedFields(change: CustomerChange): Partial<SandboxCustomerBody> {
  return {
    ...(change.email === undefined ? {} : { mail: change.email }),
    ...(change.name === undefined ? {} : { fullName: change.name }),
    ...(change.phone === undefined ? {} : { phone: change.phone }),
    ...(change.language === undefined ? {} : { tongue: toTongue(change.language) }),
    ...(change.addresses === undefined ? {} : { postals: change.addresses.map(toPostal) }),
  };
}

/** The CRM knows languages with a country at most: `zh-Hant-TW` is `zh-TW` there, what it can't say is nothing. */
export function toTongue(language: string | null): string | null {
  const [, tongue, country] = /^([a-z]{2})(?:-[A-Z][a-z]{3})?(?:-([A-Z]{2}))?$/.exec(language ?? '') ?? [];
  if (tongue === undefined) return null;
  return country === undefined ? tongue : `${tongue}-${country}`;
}

function toAddress(postal: Postal): Address {
  return {
    addressId: postal.ref,
    isDefaultShipping: postal.forDelivery,
    isDefaultBilling: postal.forInvoice,
    name: postal.recipient,
    ...(postal.firm === undefined ? {} : { company: postal.firm }),
    street: postal.line1,
    ...(postal.line2 === undefined ? {} : { street2: postal.line2 }),
    postalCode: postal.zip,
    city: postal.town,
    ...(postal.province === undefined ? {} : { region: postal.province }),
    country: postal.nation,
    ...(postal.phone === undefined ? {} : { phone: postal.phone }),
  };
}

function toPostal(address: Address): Postal {
  return {
    ref: address.addressId,
    forDelivery: address.isDefaultShipping,
    forInvoice: address.isDefaultBilling,
    recipient: address.name,
    ...(address.company === undefined ? {} : { firm: address.company }),
    line1: address.street,
    ...(address.street2 === undefined ? {} : { line2: address.street2 }),
    zip: address.postalCode,
    town: address.city,
    ...(address.region === undefined ? {} : { province: address.region }),
    nation: address.country,
    ...(address.phone === undefined ? {} : { phone: address.phone }),
  };
}
