/** What Odoo 14 sends, checked before anything else looks at it. Where there is nothing, Odoo says false. */
import { z } from 'zod';

const text = z.union([z.string(), z.literal(false)]).transform((value) => (value === false || value === '' ? null : value));
/** A reference: id and what it is called. */
const reference = z.union([z.tuple([z.number().int(), z.string()]), z.literal(false)]).transform((value) => (value === false ? null : { id: value[0], name: value[1] }));

/** `2026-11-24 02:50:35`, in UTC and cut to the second: sorts as text. */
export const moment = z.string().regex(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/);
export type Moment = z.output<typeof moment>;

export const changedWire = z.object({ id: z.number().int(), write_date: moment });
export const externalIdWire = z.object({ id: z.number().int(), name: z.string(), res_id: z.number().int() });
export const countryWire = z.object({ id: z.number().int(), code: text });
export const stateWire = z.object({ id: z.number().int(), name: z.string(), code: text });
export const languageWire = z.object({ code: z.string() });
export const idWire = z.object({ id: z.number().int() });

/** A person, or one of their addresses. */
export const partnerWire = z.object({
  id: z.number().int(),
  parent_id: reference,
  type: text,
  active: z.boolean(),
  name: text,
  email: text,
  phone: text,
  lang: text,
  ref: text,
  street: text,
  street2: text,
  zip: text,
  city: text,
  state_id: reference,
  country_id: reference,
  property_product_pricelist: reference,
  create_date: moment,
});
export const partnerFields = Object.keys(partnerWire.shape);

export const leadWire = z.object({ id: z.number().int(), partner_id: reference, active: z.boolean(), description: text, write_date: moment });
export const leadFields = Object.keys(leadWire.shape);

export type OdooPartner = z.output<typeof partnerWire>;
export type OdooLead = z.output<typeof leadWire>;

/** One customer, as it is put together from the above. What the contract can't do without is asked for here. */
export const customerWire = z.object({
  customerId: z.string().min(1),
  /** All ids of ours that name this partner: more than one when Odoo has merged people. */
  sharedBy: z.array(z.string()),
  partner: z.object({
    id: z.number().int(),
    name: z.string().nullable(),
    email: z.string({ error: 'the partner has no e-mail address' }).min(1),
    phone: z.string().nullable(),
    lang: z.string().nullable(),
    ref: z.string().nullable(),
    pricelist: z.number().int().nullable(),
    createdAt: moment,
  }),
  addresses: z.array(
    z.object({
      addressId: z.string().min(1),
      forDelivery: z.boolean(),
      forInvoice: z.boolean(),
      name: z.string().min(1),
      company: z.string().nullable(),
      street: z.string().min(1),
      street2: z.string().nullable(),
      zip: z.string().min(1),
      city: z.string().min(1),
      state: z.string().nullable(),
      country: z.string().min(1),
      phone: z.string().nullable(),
    }),
  ),
  consents: z.array(z.object({ purpose: z.enum(['marketing-email', 'marketing-phone']), granted: z.boolean(), at: z.string(), source: z.string() })),
});
export type OdooCustomer = z.output<typeof customerWire>;
/** As it was found, before it is known whether it can be told. */
export type RawCustomer = z.input<typeof customerWire> | { readonly customerId: string };

export const pricelistWire = z.object({ id: z.number().int(), name: z.string({ error: 'the price list has no name' }), active: z.boolean(), write_date: moment });
export type OdooPricelist = z.output<typeof pricelistWire>;
