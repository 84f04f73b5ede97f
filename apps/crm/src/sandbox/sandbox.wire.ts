/** What the sandbox CRM sends and takes. Open: a field that is new there is none of our business. */
import { z } from 'zod';

const postalWire = z.object({
  ref: z.string().min(1),
  forDelivery: z.boolean(),
  forInvoice: z.boolean(),
  recipient: z.string().min(1),
  firm: z.string().nullish(),
  line1: z.string().min(1),
  line2: z.string().nullish(),
  zip: z.string().min(1),
  town: z.string().min(1),
  province: z.string().nullish(),
  nation: z.string().min(1),
  phone: z.string().nullish(),
});

const permissionWire = z.object({ topic: z.enum(['newsletter', 'calls', 'profiling']), granted: z.boolean(), at: z.string(), origin: z.string() });

/** Filed under the shop's own id. */
export const customerWire = z.object({
  id: z.string().min(1),
  mail: z.string().min(1),
  fullName: z.string().nullable(),
  phone: z.string().nullable(),
  tongue: z.string().nullable(),
  postals: z.array(postalWire),
  permissions: z.array(permissionWire),
  segments: z.array(z.string().min(1)),
  priceGroup: z.string().nullable(),
  since: z.string().nullable(),
  mergedInto: z.string().nullable(),
  version: z.number().int(),
});

export const segmentWire = z.object({ id: z.string().min(1), title: z.string().min(1), priceGroup: z.string().nullable(), version: z.number().int() });

export const refusalWire = z.object({ error: z.object({ code: z.string().min(1), message: z.string() }) });

export const foundWire = z.object({ items: z.array(z.object({ id: z.string().min(1) })) });

export type SandboxCustomer = z.output<typeof customerWire>;
export type SandboxSegment = z.output<typeof segmentWire>;
export type SandboxPermission = z.output<typeof permissionWire>;

/** What a shop may write; the rest the CRM decides. */
export type SandboxCustomerBody = Omit<SandboxCustomer, 'id' | 'segments' | 'priceGroup' | 'mergedInto' | 'version'>;
