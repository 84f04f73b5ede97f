import { envTypes, issuerEnv, serviceEnv, type EnvOf } from '@steward/platform';
import { z } from 'zod';
import { acceptedTemplates, toTemplate, type PageTemplate } from './feeds/addresses';
import type { ShippingRate } from './cart/shipping';
import type { Market } from './storefront/context';

const { NATS_URL: _broker, ...withoutBroker } = serviceEnv;

const markets = z
  .string()
  .default('eu:EUR:1900,us:USD:0')
  .transform((text, context): [Market, ...Market[]] => {
    const accepted = 'accepted: <market>:<ISO 4217 currency>:<tax rate, 1900 = 19 %>, several joined by commas, each market once';
    const found = text.split(',').map((entry, index): Market => {
      const [, code, currency, rate] = /^([a-z][a-z0-9-]{0,39}):([A-Z]{3})(?::([0-9]{1,4}|10000))?$/.exec(entry.trim()) ?? [];
      if (code === undefined || currency === undefined) context.addIssue({ code: 'custom', message: `entry ${String(index + 1)} is no market; ${accepted}` });
      return { code: code ?? '', currency: currency ?? '', taxRateBp: rate === undefined ? null : Number(rate) };
    });
    if (new Set(found.map(({ code }) => code)).size < found.length) context.addIssue({ code: 'custom', message: `a market is named twice; ${accepted}` });
    return found as [Market, ...Market[]];
  });

const shipping = z
  .string()
  .default('')
  .transform((text, context): ShippingRate[] => {
    const accepted = 'accepted: <market>:<method>:<minor units, tax included>, several joined by commas';
    const entries = text.split(',').map((entry) => entry.trim()).filter((entry) => entry !== '');
    return entries.map((entry, index): ShippingRate => {
      const [, market, method, amount] = /^([a-z][a-z0-9-]{0,39}):([A-Za-z0-9][A-Za-z0-9_-]{0,99}):([0-9]{1,9})$/.exec(entry) ?? [];
      if (market === undefined || method === undefined || amount === undefined) context.addIssue({ code: 'custom', message: `entry ${String(index + 1)} is no rate; ${accepted}` });
      return { market: market ?? '', method: method ?? '', amount: Number(amount) };
    });
  });

const pageTemplate = (example: string) =>
  z
    .string()
    .default(example)
    .transform((text, context): PageTemplate => {
      const template = toTemplate(text);
      if (template === undefined) context.addIssue({ code: 'custom', message: `no address of a page; accepted: ${acceptedTemplates}` });
      return template ?? { text, perMarket: false };
    });

/** The API process has no broker: what it reads is in its database and in its memory. */
export const apiEnv = {
  ...withoutBroker,
  STEWARD_GATEWAY_PORT: z.coerce.number().int().min(0).max(65_535).default(4000).describe('port of the storefront, 0 to 65535; 0 takes a free one'),
  STEWARD_GATEWAY_HOST: z.string().min(1).default('127.0.0.1').describe('address to listen on; 0.0.0.0 in a container'),
  STEWARD_GATEWAY_RATE_LIMIT: z.coerce.number().int().min(0).max(1_000_000_000).default(30_000).describe('points a client may spend in a minute (a product is one, a list as many as it may show); 0 = no limit'),
  STEWARD_GATEWAY_PROXIES: z.coerce.number().int().min(0).max(10).default(0).describe("how many proxies stand in front and may say whom they ask for (X-Forwarded-For), 0 to 10"),
  STEWARD_GATEWAY_SHED_MS: envTypes.milliseconds(0, 60_000).default(300).describe('milliseconds that the process may be late before lists, searches and feeds are turned away with 503 and Retry-After; pages at three times and the checkout at ten times as much; 0 = never'),
  STEWARD_GATEWAY_MARKETS: markets.describe('markets with currency and tax rate in hundredths of a percent, such as eu:EUR:1900,us:USD:0; the first is that of a shopper who names none; where the rate is left out nothing can be ordered'),
  ...issuerEnv,
  STEWARD_PROMISE_KEYS: z.string().min(1).optional().describe('JSON Web Key Set of private Ed25519 keys that price promises are signed with; the first signs, all verify. Without it nothing can be ordered in production mode, and elsewhere each process makes its own'),
  STEWARD_PROMISE_TTL_MS: envTypes.milliseconds(1_000, 24 * 3_600_000).default(15 * 60_000).describe('milliseconds that a price promise holds at most, 1000 to 86400000'),
  STEWARD_GATEWAY_SHIPPING: shipping.describe('flat rates of shipping, tax included, such as eu:standard:490,us:standard:790; in a market without one nothing is charged for it'),
  STEWARD_GATEWAY_CHECKOUT_RATE_LIMIT: z.coerce.number().int().min(0).max(1_000_000_000).default(60).describe('orders, reservations, cancellations and returns that a customer, or a guest\'s address, may ask for in a minute; 0 = no limit'),
  STEWARD_GATEWAY_RESERVATION_TTL_MS: envTypes.milliseconds(30_000, 24 * 3_600_000).default(10 * 60_000).describe('milliseconds that stock is held for a cart at most, and unless the shopper asks for less, 30000 to 86400000'),
  STEWARD_GATEWAY_RESERVATION_PIECES: z.coerce.number().int().min(1).max(1_000_000).default(100).describe('pieces that may be held for one cart, all its lines together, 1 to 1000000'),
  STEWARD_GATEWAY_PRODUCT_PAGE: pageTemplate('http://localhost:3000/{language}/products/{id}/{slug}').describe("address of a product's page in the shop, with {id} or {slug}, {market} and {language}: for JSON-LD, sitemap and feed"),
  STEWARD_GATEWAY_CATEGORY_PAGE: pageTemplate('http://localhost:3000/{language}/categories/{id}/{slug}').describe("address of a category's page in the shop, likewise"),
  STEWARD_GATEWAY_DOCUMENTS: z.string().min(1).optional().describe('path of a JSON file of trusted GraphQL documents, id → document'),
  STEWARD_GATEWAY_FREE_DOCUMENTS: z.enum(['on', 'off']).optional().describe('on | off; off in production mode unless set'),
};

export type ApiEnv = EnvOf<typeof apiEnv>;
