/**
 * Stripe's own package over our way out: the package knows the API, our client knows pace, breaker, budget and deadline (R1, R2).
 * It retries nothing by itself; who wants to know what became of a call asks for it (ADR 0018).
 */
import { nothingSent, type ResilientHttp } from '@steward/adapter-kit';
import { StewardError } from '@steward/platform';
import Stripe from 'stripe';

export interface StripeAddress {
  /** Where the API is; Stripe's own, or a stand-in below any path. */
  readonly url: string;
  readonly secretKey: string;
}

export function stripeClient(http: ResilientHttp, { url, secretKey }: StripeAddress): Stripe {
  const { protocol, hostname, port, pathname } = new URL(url);
  const base = pathname.replace(/\/$/, '');
  return new Stripe(secretKey, {
    protocol: protocol === 'http:' ? 'http' : 'https',
    host: hostname,
    ...(port === '' ? {} : { port: Number(port) }),
    maxNetworkRetries: 0,
    telemetry: false,
    httpClient: overOurs(http, base),
  });
}

type HttpClient = NonNullable<NonNullable<ConstructorParameters<typeof Stripe>[1]>['httpClient']>;

function overOurs(http: ResilientHttp, base: string): HttpClient {
  return {
    getClientName: () => 'steward',
    makeRequest: async (host, port, path, method, headers, body, protocol) => {
      const answer = await http.send({
        url: `${protocol}://${host}${port === '' || port === undefined ? '' : `:${String(port)}`}${base}${path}`,
        method: method as 'GET' | 'POST' | 'DELETE',
        headers: toHeaders(headers),
        ...(method === 'GET' || body === '' || body === null ? {} : { body }),
        // What Stripe says no with is read by its package; a 5xx is the breaker's business, a 429 the pace's.
        accept: (status) => status < 500 && status !== 429,
      });
      return {
        getStatusCode: () => answer.status,
        getHeaders: () => answer.headers as Record<string, string | string[]>,
        getRawResponse: () => ({}),
        toStream: () => {
          throw new TypeError('answers are read whole');
        },
        toJSON: async () => answer.json(),
      };
    },
  };
}

function toHeaders(headers: object): Record<string, string> {
  const given = Object.entries(headers).filter(([name, value]) => value !== undefined && value !== null && name.toLowerCase() !== 'content-length');
  return Object.fromEntries(given.map(([name, value]) => [name.toLowerCase(), String(value)]));
}

export interface Refusal {
  readonly kind: 'refused';
  readonly code: string;
  readonly reason: string;
}

/**
 * What Stripe refuses is an outcome. Everything else it throws is turned into what the effects understand: a call that was never
 * sent keeps its mark, an account that may not do this has done nothing, and of the rest nobody knows.
 */
export async function asked<T>(call: () => Promise<T>): Promise<T | Refusal> {
  try {
    return await call();
  } catch (error) {
    // An amount that Stripe can't hold, found before anything was sent: no try will change it.
    if (error instanceof RangeError) return { kind: 'refused', code: 'amount_not_possible', reason: error.message };
    if (!(error instanceof Stripe.errors.StripeError)) throw error;
    return toRefusal(error);
  }
}

function toRefusal(error: InstanceType<typeof Stripe.errors.StripeError>): Refusal {
  // The SDK wraps what our own client threw; the mark of what was never sent is on the original.
  if (error instanceof Stripe.errors.StripeConnectionError) throw error.detail instanceof Error ? error.detail : error;
  if (error instanceof Stripe.errors.StripeCardError) return { kind: 'refused', code: error.decline_code || error.code || 'card_declined', reason: error.message };
  if (error instanceof Stripe.errors.StripeInvalidRequestError) return { kind: 'refused', code: error.code || 'invalid_request', reason: error.message };
  if (error instanceof Stripe.errors.StripeAuthenticationError || error instanceof Stripe.errors.StripePermissionError) {
    throw nothingSent(new StewardError('STRIPE_REFUSED', error.message, { place: 'STEWARD_PSP_SECRET_KEY' }));
  }
  // A key in use, a lock, a key with other parameters: another request of ours is or was there.
  throw new StewardError('SOURCE_UNAVAILABLE', `stripe: ${error.type} ${error.code ?? ''} ${error.message}`, { cause: error });
}
