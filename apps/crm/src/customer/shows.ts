/**
 * Whether a record says what a write asked for: then it has happened, whoever's answer was lost. Pure.
 * What a CRM may be unable to keep (a part of a country by another name, a language that is not installed) is no proof against it.
 */
import type { Customer } from '@steward/contracts';
import { newestConsents } from './consents';
import type { CustomerChange } from './customer-records';

export function shows(found: Customer | undefined, { email, name, phone, language, addresses, consents }: Omit<CustomerChange, 'requestedAt'>): boolean {
  if (found === undefined) return false;
  const asked = <T>(value: T | undefined, shown: T): boolean => value === undefined || value === shown;
  return (
    asked(email, found.email) && asked(name, found.name) && asked(phone, found.phone) &&
    (language === undefined || found.language === null || plain(language) === plain(found.language)) &&
    (addresses === undefined || addressesOf(addresses) === addressesOf(found.addresses)) &&
    // Those of before stay, and what is refused without ever having been granted need not be kept.
    (consents === undefined || granted([...found.consents, ...consents]) === granted(found.consents))
  );
}

const plain = (language: string | null): string => (language ?? '').slice(0, 2);

const granted = (consents: Customer['consents']): string => JSON.stringify(newestConsents(consents).flatMap((consent) => (consent.granted ? [consent.purpose] : [])));

function addressesOf(addresses: Customer['addresses']): string {
  const lines = addresses.map(({ addressId, isDefaultShipping, isDefaultBilling, name, company, street, street2, postalCode, city, country, phone }) =>
    JSON.stringify([addressId, isDefaultShipping, isDefaultBilling, name, company ?? null, street, street2 ?? null, postalCode, city, country, phone ?? null]));
  return lines.sort().join('\n');
}
