/** From Odoo's words to the contracts'. Objects are built in a fixed order: the hash is taken from their text. */
import type { Customer, Segment } from '@steward/contracts';
import { RejectedError } from '@steward/platform';
import { everybody, newestConsents } from '../customer/consents';
import type { OdooCustomer, OdooPricelist } from './odoo.wire';

/** Which group of the price lists' owner a price list of Odoo stands for. */
export type CustomerGroups = ReadonlyMap<number, string>;

export function toCustomer({ customerId, sharedBy, partner, addresses, consents }: OdooCustomer, groups: CustomerGroups): Customer {
  return {
    customerId,
    email: partner.email,
    name: partner.name,
    phone: partner.phone,
    language: partner.lang === null ? null : toLanguage(partner.lang),
    addresses: addresses.map((address) => ({
      addressId: address.addressId, isDefaultShipping: address.forDelivery, isDefaultBilling: address.forInvoice, name: address.name, company: address.company, street: address.street,
      street2: address.street2, postalCode: address.zip, city: address.city, region: address.state, country: address.country, phone: address.phone,
    })),
    consents: newestConsents(consents),
    segmentIds: partner.pricelist === null ? [] : [String(partner.pricelist)],
    customerGroup: (partner.pricelist === null ? undefined : groups.get(partner.pricelist)) ?? everybody,
    registeredAt: `${partner.createdAt.replace(' ', 'T')}Z`,
    mergedInto: survivorOf(customerId, sharedBy, partner.ref),
  };
}

export const toSegment = ({ id, name }: OdooPricelist, groups: CustomerGroups): Segment => ({ id: String(id), name, customerGroup: groups.get(id) ?? null });

/**
 * Odoo's merge leaves one partner, and all external ids name it. Its own reference says which of the customers it was; without that it
 * could be any, and to guess would be to mix up people.
 */
export function survivorOf(customerId: string, sharedBy: readonly string[], ref: string | null): string | null {
  if (sharedBy.length <= 1 || ref === customerId) return null;
  if (ref !== null && sharedBy.includes(ref)) return ref;
  throw new RejectedError('ODOO_MERGE_UNCLEAR', `${sharedBy.join(', ')} are one partner, whose reference is ${ref === null ? 'empty' : 'none of them'}`, {
    place: 'ref', accepted: 'the customer id of the one that stays, as the reference of the partner',
  });
}

/** `de_AT` → `de-AT`; `sr@latin` → `sr-Latn` is more than the shop asks for. */
export function toLanguage(lang: string): string | null {
  const [, language, country] = /^([a-z]{2,3})(?:_([A-Z]{2}))?(?:@.*)?$/.exec(lang) ?? [];
  if (language === undefined) return null;
  return country === undefined ? language : `${language}-${country}`;
}

/** Of the languages that are installed at Odoo, the one that comes closest; undefined = none of them is this language. */
export function toLang(language: string, installed: readonly string[]): string | undefined {
  const [plain = '', country] = language.replace(/-[A-Z][a-z]{3}/, '').split('-');
  return installed.find((lang) => lang === `${plain}_${country ?? plain.toUpperCase()}`) ?? installed.find((lang) => lang === plain || lang.startsWith(`${plain}_`));
}
