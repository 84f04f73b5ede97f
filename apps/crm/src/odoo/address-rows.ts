/** Addresses as Odoo takes them: one record for each kind that an address is the default of. */
import type { RegisterCustomer } from '@steward/contracts';
import { RejectedError } from '@steward/platform';
import { addressName, modules } from './external-ids';
import type { OdooClient } from './odoo.client';
import { countryWire, stateWire } from './odoo.wire';

type Address = RegisterCustomer['addresses'][number];

/** What an address names at Odoo. */
export interface Places {
  /** Throws ODOO_REFUSED where Odoo has no such country. */
  readonly country: (code: string, signal: AbortSignal) => Promise<number>;
  /** undefined where Odoo has no such part of the country: the line is left empty. */
  readonly state: (country: number, region: string, signal: AbortSignal) => Promise<number | undefined>;
}

export function odooPlaces(client: OdooClient): Places {
  const countries = new Map<string, number>();
  return {
    country: async (code, signal) => {
      const known = countries.get(code);
      if (known !== undefined) return known;
      const [country] = await client.search(countryWire, 'res.country', { domain: [['code', '=', code]], fields: ['id', 'code'] }, signal);
      if (country === undefined) throw new RejectedError('ODOO_REFUSED', `there is no country ${code} at Odoo`);
      countries.set(code, country.id);
      return country.id;
    },
    state: async (country, region, signal) => {
      const states = await client.search(stateWire, 'res.country.state', { domain: [['country_id', '=', country]], fields: ['id', 'name', 'code'] }, signal);
      const wanted = region.toLowerCase();
      return states.find(({ name, code }) => name.toLowerCase() === wanted || code?.toLowerCase() === wanted)?.id;
    },
  };
}

export const addressColumns = ['id', 'parent_id/.id', 'type', 'name', 'street', 'street2', 'zip', 'city', 'state_id/.id', 'country_id/.id', 'phone', 'active'] as const;

/** Odoo takes no company on an address, and prints the name: both are one line there, told apart by this. */
const between = ' · ';
const addressee = ({ name, company }: Address): string => (company == null ? name : `${company}${between}${name}`);

export function nameAndCompany(line: string): { readonly name: string; readonly company: string | null } {
  const at = line.indexOf(between);
  return at < 1 ? { name: line, company: null } : { name: line.slice(at + between.length), company: line.slice(0, at) };
}

/** Rows for `load`, each address once for each kind that it is the default of. */
export async function addressRows({ customerId, partnerId }: { readonly customerId: string; readonly partnerId: number }, address: Address, places: Places, signal: AbortSignal): Promise<string[][]> {
  const { country, state } = await placeOf(address, places, signal);
  return typesOf(address).map((type, index) => [
    `${modules.address}.${addressName(customerId, address.addressId, index > 0)}`, String(partnerId), type, addressee(address), address.street, address.street2 ?? '', address.postalCode,
    address.city, state, country, address.phone ?? '', '1',
  ]);
}

/** The same as values, for a record that a clerk made; what it is the default of besides its first kind is a twin of ours. */
export async function addressValues(address: Address, places: Places, signal: AbortSignal): Promise<Record<string, unknown>> {
  const place = await postalValues(address, places, signal);
  return { ...place, type: typesOf(address)[0], name: addressee(address), phone: address.phone ?? false };
}

/** Of the address on the partner itself; undefined clears it. */
export async function postalValues(address: Address | undefined, places: Places, signal: AbortSignal): Promise<Record<string, unknown>> {
  if (address === undefined) return { street: false, street2: false, zip: false, city: false, state_id: false, country_id: false };
  const { country, state } = await placeOf(address, places, signal);
  return { street: address.street, street2: address.street2 ?? false, zip: address.postalCode, city: address.city, state_id: state === '' ? false : Number(state), country_id: Number(country) };
}

function typesOf({ isDefaultShipping, isDefaultBilling }: Address): readonly string[] {
  const types = [...(isDefaultShipping ? ['delivery'] : []), ...(isDefaultBilling ? ['invoice'] : [])];
  return types.length === 0 ? ['other'] : types;
}

async function placeOf({ country: code, region }: Address, places: Places, signal: AbortSignal): Promise<{ country: string; state: string }> {
  const country = await places.country(code, signal);
  const state = region == null ? undefined : await places.state(country, region, signal);
  return { country: String(country), state: state === undefined ? '' : String(state) };
}
