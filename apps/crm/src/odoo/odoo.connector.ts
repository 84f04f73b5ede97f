/**
 * Odoo 14 as the CRM: partners are customers, price lists are segments, and who agreed to marketing is a lead.
 *
 * 1. Odoo tells nobody of changes: rows are polled by (write_date, id). A date is that of the transaction's start, so rows appear late
 *    with an early date; the kit reads the overlap again.
 * 2. What was deleted is missing in the full pass; nothing else tells.
 * 3. The price list of a partner is a property that lies elsewhere: whether a change of it moves the partner's date depends on who
 *    makes it. The full pass shows it in any case.
 */
import { defineConnector, defineFeed, type Feed } from '@steward/adapter-kit';
import { customer, segment } from '@steward/contracts';
import { envTypes } from '@steward/platform';
import { z } from 'zod';
import { odooPlaces } from './address-rows';
import { customerReads, rewindCustomers } from './customer-reads';
import { odooClient } from './odoo.client';
import { odooCustomers } from './odoo-customers';
import { customerWire, pricelistWire } from './odoo.wire';
import { pricelistReads, rewindPricelists } from './pricelist-reads';
import { toCustomer, toSegment } from './translate';

const groups = z
  .string()
  .regex(/^(\d+=[^,=\s]+(,\d+=[^,=\s]+)*)?$/, 'price list=customer group, such as 2=business,3=club')
  .transform((text) => new Map(text === '' ? [] : text.split(',').map((pair) => [Number(pair.split('=')[0]), pair.split('=')[1] as string])));

const env = {
  STEWARD_ODOO_URL: envTypes.httpUrl.describe('Odoo: https://odoo.example'),
  STEWARD_ODOO_DATABASE: z.string().min(1).describe('its database'),
  STEWARD_ODOO_USER: z.string().min(1).describe('log-in of a user that may read and write contacts and leads'),
  STEWARD_ODOO_PASSWORD: z.string().min(1).describe('the password, or an API key of the user'),
  STEWARD_ODOO_CUSTOMER_GROUPS: groups.default(new Map<number, string>()).describe('customer group of each price list that has one, by its database id: 2=business,3=club'),
  STEWARD_ODOO_POLL_MS: envTypes.milliseconds(100).default(2_000).describe('how often changes are polled'),
  STEWARD_ODOO_FULL_PASS_MS: envTypes.milliseconds(1_000).default(3_600_000).describe('how often everything is read, to find what was deleted'),
  STEWARD_ODOO_PAGE: z.coerce.number().int().min(1).max(500).default(100).describe('records a request'),
};

export const odooConnector = defineConnector({
  vendor: 'odoo',
  env,
  limits: { concurrency: 4, perSecond: 40 }, // one Odoo worker answers 50 to 90 reads a second, and has people to serve
  open: ({ env: settings, http, clock }) => {
    const client = odooClient(http, { url: settings.STEWARD_ODOO_URL, database: settings.STEWARD_ODOO_DATABASE, user: settings.STEWARD_ODOO_USER, password: settings.STEWARD_ODOO_PASSWORD });
    const customerGroups = settings.STEWARD_ODOO_CUSTOMER_GROUPS;
    const reads = customerReads(client, settings.STEWARD_ODOO_PAGE, () => clock.now());
    const pace: Feed['pace'] = {
      pollEveryMs: settings.STEWARD_ODOO_POLL_MS,
      // Longer than any import a clerk starts by hand.
      overlapMs: 600_000,
      overlapEveryMs: 10_000,
      fullPassEveryMs: settings.STEWARD_ODOO_FULL_PASS_MS,
      safetyLagMs: 1_000,
    };
    return {
      records: odooCustomers(client, reads, odooPlaces(client), customerGroups),
      feeds: [
        defineFeed({
          contract: customer,
          wire: customerWire,
          keyOf: ({ customerId }) => customerId,
          rawKeyOf: (raw) => {
            const { customerId } = raw as { customerId?: unknown };
            return typeof customerId === 'string' ? customerId : undefined;
          },
          translate: (record) => toCustomer(record, customerGroups),
          pace,
          ...reads,
          rewind: rewindCustomers,
        }),
        defineFeed({
          contract: segment,
          wire: pricelistWire,
          keyOf: ({ id }) => String(id),
          rawKeyOf: (raw) => {
            const { id } = raw as { id?: unknown };
            return typeof id === 'number' ? String(id) : undefined;
          },
          translate: (record) => toSegment(record, customerGroups),
          pace,
          ...pricelistReads(client, settings.STEWARD_ODOO_PAGE, () => clock.now()),
          rewind: rewindPricelists,
        }),
      ],
    };
  },
});
