import { envTypes } from '@steward/platform';
import { z } from 'zod';

export const omsEnv = {
  STEWARD_PROMISE_JWKS_URL: envTypes.httpUrl.optional().describe('where the public keys of price promises are: /.well-known/jwks.json of the gateway'),
  STEWARD_PROMISE_JWKS: z.string().min(1).optional().describe('the keys themselves (a JSON Web Key Set), instead of their address'),
  STEWARD_PSP_URL: envTypes.httpUrl.default('https://api.stripe.com').describe("http(s)://host[:port][/path] below which Stripe's /v1 is"),
  STEWARD_PSP_SECRET_KEY: z.string().min(1).describe('secret key of the Stripe account (sk_…); restricted to payments and refunds is enough'),
  STEWARD_PSP_WEBHOOK_SECRET: envTypes.secrets().describe("secret of the account's webhook endpoint (whsec_…) for /webhooks/stripe; several separated by commas while one replaces another"),
  STEWARD_PSP_RETURN_URL: z.string().default('http://localhost:3000/orders/{orderId}').describe('where a bank sends the shopper back to after 3-D Secure, with {orderId}'),
  // S6. Too short, and a payment that Stripe's index has not shown yet is sent again; its key still makes it one, for a day.
  STEWARD_PSP_SETTLE_MS: envTypes.milliseconds(0, 3_600_000).default(60_000).describe("milliseconds after which a payment that Stripe's search does not show is not there, 0 to 3600000; Stripe says a minute"),
};
