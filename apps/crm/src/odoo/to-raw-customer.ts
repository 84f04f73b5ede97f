/** From Odoo's records to one customer that the wire schema judges. Pure. */
import { nameAndCompany } from './address-rows';
import { consentOf } from './consent-lead';
import type { OdooLead, OdooPartner, RawCustomer } from './odoo.wire';

export interface CustomerParts {
  readonly children: readonly OdooPartner[];
  readonly leads: readonly OdooLead[];
  readonly codes: ReadonlyMap<number, string>;
  /** Our address ids, by record. */
  readonly addressNames: ReadonlyMap<number, string>;
  /** Names of the leads that are ours, by record. */
  readonly leadNames: ReadonlyMap<number, string>;
}

type RawAddress = Extract<RawCustomer, { addresses: unknown }>['addresses'][number];

/** What a clerk made has no id of ours. */
export const ownAddressId = (partnerId: number): string => `odoo-${partnerId}`;
export const partnerIdOf = (addressId: string): number | undefined => (/^odoo-[1-9]\d*$/.test(addressId) ? Number(addressId.slice(5)) : undefined);

export function toRawCustomer(customerId: string, sharedBy: readonly string[], partner: OdooPartner, parts: CustomerParts): RawCustomer {
  return {
    customerId,
    sharedBy: [...sharedBy],
    partner: {
      id: partner.id,
      // Odoo has no person without a name; where the shop knew none, the address stands for it.
      name: partner.name === partner.email ? null : partner.name,
      email: partner.email as string,
      phone: partner.phone,
      lang: partner.lang,
      ref: partner.ref,
      pricelist: partner.property_product_pricelist?.id ?? null,
      createdAt: partner.create_date,
    },
    addresses: addressesOf(partner, parts),
    consents: parts.leads.flatMap((lead) => {
      const name = parts.leadNames.get(lead.id);
      return (name === undefined ? undefined : consentOf(name, lead)) ?? [];
    }),
  };
}

/**
 * The twins of one address are one again, until a clerk changes one of them: then they are two. What nothing can be sent to is none.
 * Like Odoo itself, the partner's own address serves where no other does.
 */
function addressesOf(partner: OdooPartner, { children, codes, addressNames }: CustomerParts): RawAddress[] {
  const found = new Map<string, RawAddress>();
  const add = (record: OdooPartner, forDelivery: boolean, forInvoice: boolean): void => {
    const country = record.country_id === null ? undefined : codes.get(record.country_id.id);
    const { street, zip, city } = record;
    const line = record.name ?? partner.name;
    if (street === null || zip === null || city === null || country === undefined || line === null) return;
    const place = { ...nameAndCompany(line), street, street2: record.street2, zip, city, state: record.state_id?.name ?? null, country, phone: record.phone };
    const given = addressNames.get(record.id) ?? ownAddressId(record.id);
    const twin = found.get(given);
    const isSame = twin !== undefined && JSON.stringify({ ...twin, ...place }) === JSON.stringify(twin);
    const addressId = twin === undefined || isSame ? given : ownAddressId(record.id);
    found.set(addressId, { addressId, forDelivery: forDelivery || (isSame && twin.forDelivery), forInvoice: forInvoice || (isSame && twin.forInvoice), ...place });
  };
  for (const child of [...children].sort((a, b) => a.id - b.id)) add(child, child.type === 'delivery', child.type === 'invoice');
  const served = [...found.values()];
  add(partner, !served.some(({ forDelivery }) => forDelivery), !served.some(({ forInvoice }) => forInvoice));
  return [...found.values()];
}
