/**
 * Our ids at Odoo: external ids (`ir.model.data`), the one thing there by which a record can be written twice and be one.
 * A module of its own for each kind of record, so that a look-up by module finds nothing of another.
 */
export const modules = { customer: 'steward_customer', address: 'steward_address', consent: 'steward_consent' } as const;

/** In a name: Odoo splits at the first dot, and we join with a tilde. */
export function encodeId(id: string): string {
  return encodeURIComponent(id).replaceAll('.', '%2E').replaceAll('~', '%7E');
}

/** undefined when it is no name of ours. */
export function decodeId(name: string): string | undefined {
  try {
    const id = decodeURIComponent(name);
    return encodeId(id) === name ? id : undefined;
  } catch {
    return undefined;
  }
}

export const customerName = encodeId;
export const consentName = (customerId: string, purpose: string): string => `${encodeId(customerId)}~${purpose}`;

/**
 * An address that is the default of both kinds is two records at Odoo, because a record there has one type: the second is its twin,
 * and both are one address again when they are read.
 */
export const addressName = (customerId: string, addressId: string, twin = false): string => `${encodeId(customerId)}~${encodeId(addressId)}${twin ? '~twin' : ''}`;

export function addressIdOf(name: string): string | undefined {
  const [, id, twin, ...more] = name.split('~');
  if (id === undefined || more.length > 0 || (twin !== undefined && twin !== 'twin')) return undefined;
  return decodeId(id);
}
