import { z } from 'zod';
import { address, email } from '../checkout/place-order.input';
import { fields, listOf, optional, text } from '../input/fields';

const languageError = 'a BCP 47 tag such as de or de-AT';
const language = z.string({ error: languageError }).max(35, { error: languageError }).regex(/^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$/, { error: languageError });
const flag = z.boolean({ error: 'true or false' });

const customerAddress = fields({
  ...address.shape,
  /** Given by us where it is new. */
  addressId: optional(text(200)),
  isDefaultShipping: optional(flag),
  isDefaultBilling: optional(flag),
});
export type CustomerAddressInput = z.output<typeof customerAddress>;

const purposes = ['marketing-email', 'marketing-phone', 'profiling'] as const;
const consent = fields({
  purpose: z.enum(purposes, { error: purposes.join(', ') }),
  granted: flag,
  /** Where it was said. */
  source: optional(text(100)),
});
export type ConsentInput = z.output<typeof consent>;

const addresses = listOf(customerAddress, 50, 0);
const consents = listOf(consent, 20, 0);

export const registerInput = fields({ email, name: optional(text(200)), phone: optional(text(50)), language: optional(language), addresses: optional(addresses), consents: optional(consents) });
export type RegisterInput = z.output<typeof registerInput>;

/** A field that is absent stays as it is; null clears it. Addresses come all together, consents are only those that change. */
export const updateInput = fields({
  email: email.optional(),
  name: text(200).nullable().optional(),
  phone: text(50).nullable().optional(),
  language: language.nullable().optional(),
  addresses: addresses.optional(),
  consents: consents.optional(),
}).refine((input) => Object.values(input).some((value) => value !== undefined), { error: 'at least one field to change' });
export type UpdateInput = z.output<typeof updateInput>;
