/**
 * Tryton 6.0 as the ERP: stock, shipments to customers, and sales.
 *
 * Dates are those of the start of Tryton's transaction: rows appear late with an early date. The kit reads the overlap again.
 */
import { defineConnector, type Feed } from '@steward/adapter-kit';
import { envTypes } from '@steward/platform';
import { z } from 'zod';
import type { ErpSource } from '../sale/ports';
import { trytonDesk } from './sale.client';
import { trytonSession } from './session.client';
import { shipmentFeed } from './shipment-feed';
import { stockFeed } from './stock-feed';
import { trytonClient } from './tryton.client';

const env = {
  STEWARD_TRYTON_URL: envTypes.httpUrl.describe('Tryton with its database: http://tryton.example:8000/shop/'),
  STEWARD_TRYTON_USER: z.string().min(1).describe('a user that may read stock, and make parties and sales'),
  STEWARD_TRYTON_PASSWORD: z.string().min(1).describe('its password'),
  STEWARD_TRYTON_POLL_MS: envTypes.milliseconds(100).default(2_000).describe('how often moves and shipments are polled'),
  STEWARD_TRYTON_FULL_PASS_MS: envTypes.milliseconds(1_000).default(3_600_000).describe('how often everything is read, to find what was deleted'),
  STEWARD_TRYTON_PAGE: z.coerce.number().int().min(1).max(1_000).default(200).describe('moves, products or shipments a request'),
};

export const trytonConnector = defineConnector({
  vendor: 'tryton',
  env,
  limits: { concurrency: 4, perSecond: 60 }, // one Tryton process answers 80 to 90 reads a second, and has people to serve
  open: ({ env: settings, http }): ErpSource => {
    const session = trytonSession(http, { url: settings.STEWARD_TRYTON_URL, user: settings.STEWARD_TRYTON_USER, password: settings.STEWARD_TRYTON_PASSWORD });
    const client = trytonClient(session);
    const limit = settings.STEWARD_TRYTON_PAGE;
    const pace: Feed['pace'] = {
      pollEveryMs: settings.STEWARD_TRYTON_POLL_MS,
      // Longer than any import a clerk starts by hand; an overlap is cheap, since only what moved is read.
      overlapMs: 600_000,
      overlapEveryMs: 10_000,
      fullPassEveryMs: settings.STEWARD_TRYTON_FULL_PASS_MS,
      safetyLagMs: 1_000,
    };
    return { feeds: [stockFeed(client, limit, pace), shipmentFeed(client, limit, pace)], desk: trytonDesk(session) };
  },
});
